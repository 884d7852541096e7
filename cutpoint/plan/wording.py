"""Figures as a person reads them."""

from __future__ import annotations


def milliseconds(us: float) -> str:
    """Microseconds in milliseconds with about two digits: `412 ms`, `3.1 ms`, `0.04 ms`."""
    ms = us / 1000
    return f"{ms:.0f} ms" if ms >= 99.5 else f"{ms:.1f} ms" if ms >= 0.95 else f"{ms:.2f} ms"


def bit_rate(bytes_per_s: float) -> str:
    """Bytes a second as bits a second: `58 kb/s`, `2.4 Mb/s`."""
    bits = bytes_per_s * 8
    return (
        f"{bits / 1e6:.1f} Mb/s"
        if bits >= 1e6
        else f"{bits / 1e3:.0f} kb/s"
        if bits >= 1e4
        else f"{bits:.0f} b/s"
    )


def share(part: float, whole: float) -> str:
    """`part` as a percentage of `whole`, such as `18 %`; `0 %` when `whole` is not positive."""
    return f"{100 * part / whole:.0f} %" if whole > 0 else "0 %"


def row_name(cut: int, codec: str) -> str:
    """The name of a row of the cost table: `cut 16`, or `cut 16 bitmap` when the codec is not raw."""
    return f"cut {cut}" if codec == "raw" else f"cut {cut} {codec}"


def points(loss: float) -> str:
    """Points of a metric with about two digits: `0`, `0.05`, `1.9`, `12`."""
    return f"{loss:.2g}" if abs(loss) < 9.95 else f"{loss:.0f}"
