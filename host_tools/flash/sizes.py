"""Sizes of flash, as esptool and ESP-IDF write them: 4MB is 4 MiB."""

from __future__ import annotations

import re

from cutpoint.errors import UsageError

KIB = 1024
MIB = 1024 * KIB
SIZES = (1, 2, 4, 8, 16, 32, 64, 128)


def flash_bytes(text: str) -> int:
    """Bytes of `4MB`, `16MB`, ...

    Raises:
        UsageError: not a size that flash chips have.
    """
    match = re.fullmatch(r"(\d{1,3})\s*MB", text.strip(), re.IGNORECASE)
    if match is None or int(match[1]) not in SIZES:
        raise UsageError(f"flash size {text!r}; expected {', '.join(f'{size}MB' for size in SIZES)}")
    return int(match[1]) * MIB


def size_words(size: int) -> str:
    """4MB for whole mebibytes, else 448 KiB, else bytes."""
    if size and size % MIB == 0:
        return f"{size // MIB}MB"
    return f"{size // KIB} KiB" if size and size % KIB == 0 else f"{size:,} B"
