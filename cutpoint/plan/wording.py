"""Figures as a person reads them."""

from __future__ import annotations


def milliseconds(us: float) -> str:
    """412 ms, 3.1 ms, 0.04 ms."""
    ms = us / 1000
    return f"{ms:.0f} ms" if ms >= 99.5 else f"{ms:.1f} ms" if ms >= 0.95 else f"{ms:.2f} ms"


def bit_rate(bytes_per_s: float) -> str:
    """58 kb/s, 2.4 Mb/s."""
    bits = bytes_per_s * 8
    return (
        f"{bits / 1e6:.1f} Mb/s"
        if bits >= 1e6
        else f"{bits / 1e3:.0f} kb/s"
        if bits >= 1e4
        else f"{bits:.0f} b/s"
    )


def share(part: float, whole: float) -> str:
    """18 %; of nothing, 0 %."""
    return f"{100 * part / whole:.0f} %" if whole > 0 else "0 %"


def row_name(cut: int, codec: str) -> str:
    """cut 16, cut 16 bitmap."""
    return f"cut {cut}" if codec == "raw" else f"cut {cut} {codec}"
