"""Where a server listens for HTTP, as one setting: `127.0.0.1:8080`, `[::1]:8080`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HttpAddress:
    """Host and port; port 0 is any free one. Prints as it is written."""

    host: str
    port: int

    @classmethod
    def of(cls, text: object) -> HttpAddress:
        """Read HOST:PORT, with an IPv6 address in brackets; raises ValueError with what was expected."""
        if isinstance(text, HttpAddress):
            return text
        if not isinstance(text, str):
            raise ValueError(f"{text!r} is no address; expected a text HOST:PORT")
        host, colon, port = text.rpartition(":")
        bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        fits = colon and bare and (":" not in bare or bare != host)
        if not (fits and port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 0xFFFF):
            raise ValueError(
                f"{text!r} is no address; expected HOST:PORT or [IPv6]:PORT, for instance 127.0.0.1:8080, where "
                "port 0 is any free one"
            )
        return cls(bare, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
