"""What tells that the files of a bundle changed, without reading them."""

from __future__ import annotations

from pathlib import Path

from cutpoint.graph.bundle import DEVICE, FULL, MANIFEST

Stamp = tuple[int, int, int]
"""Time of the last change in ns, bytes, number of the file."""
Signature = tuple[Stamp | None, ...]


def signature(bundle: Path) -> Signature:
    """Stamps of the three files of a bundle; None for one that cannot be looked at."""
    return tuple([stamp(bundle / name) for name in (MANIFEST, FULL, DEVICE)])


def stamp(path: Path) -> Stamp | None:
    """The stamp of one file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def made_ns(found: Signature) -> int:
    """When the newest of the files was written."""
    return max((one[0] for one in found if one is not None), default=0)
