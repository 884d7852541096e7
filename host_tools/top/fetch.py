"""The fleet as the server's web gives it, over plain HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode, urlsplit

from cutpoint.errors import PeerError, UsageError

MOST_BYTES = 16 << 20
_TIMEOUT_S = 5.0
_MEND = "is a server with --http running there?"
# A proxy of the environment is not asked about a server that the operator named.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class FetchError(PeerError):
    """The server could not be reached, or did not answer as one of ours; the message says which."""


@dataclass(frozen=True, slots=True)
class FleetAddress:
    """Where a server's web is: `http://HOST:PORT`."""

    url: str

    @classmethod
    def of(cls, text: str) -> FleetAddress:
        """Read an address with or without `http://`; raises UsageError."""
        url = text if "://" in text else f"http://{text}"
        try:
            parts = urlsplit(url)
            fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            fits = False
        if (
            not fits
            or parts.query
            or parts.fragment
            or not url.isascii()
            or not url.isprintable()
            or " " in url
        ):
            raise UsageError(
                f"--server is {text!r}; expected the address of a server's web, for instance http://127.0.0.1:8080 "
                "(cutpoint serve --http 127.0.0.1:8080)"
            )
        return cls(url.rstrip("/"))

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True)
class Fleet:
    """One answer: what the server says of itself, and the devices in the order that was asked for."""

    server: dict[str, Any]
    devices: tuple[dict[str, Any], ...]
    matching: int


def fetch(
    address: FleetAddress, *, limit: int, sort: str, match: str | None = None, state: str | None = None
) -> Fleet:
    """Ask once. Raises FetchError."""
    asked = {"limit": str(limit), "sort": sort, "match": match, "state": state}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    try:
        with _OPENER.open(f"{address}/api/fleet?{query}", timeout=_TIMEOUT_S) as answer:
            body = answer.read(MOST_BYTES)
    except urllib.error.HTTPError as error:
        raise FetchError(
            f"{address} answers {error.code} {error.reason}: is that a Cutpoint server?"
        ) from error
    except urllib.error.URLError as error:
        raise FetchError(f"{address} cannot be reached: {_words(error.reason)}; {_MEND}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise FetchError(f"{address} cannot be reached: {_words(error)}; {_MEND}") from error
    try:
        said = json.loads(body)
        server, devices, matching = said["server"], tuple(said["devices"]), int(said["matching"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise FetchError(f"{address} answers, but not with a fleet: is that a Cutpoint server?") from error
    if not isinstance(server, dict) or not all(isinstance(device, dict) for device in devices):
        raise FetchError(f"{address} answers, but not with a fleet: is that a Cutpoint server?")
    return Fleet(server, devices, matching)


def _words(error: BaseException | str) -> str:
    # strerror leaves out the number before it: "[Errno 111] Connection refused".
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
