"""What tells that the files of a bundle changed, without reading them."""

from __future__ import annotations

import os

from cutpoint.graph.bundle import DEVICE, FULL, MANIFEST, PLAN, TABLES

Stamp = tuple[int, int, int]
"""Time of the last change in ns, bytes, number of the file."""
Signature = tuple[Stamp | None, ...]


def files_of(bundle: str) -> tuple[str, ...]:
    """The files of a bundle, the plan whether or not there is one.

    Plain texts, because a thousand bundles are looked at every other second.
    """
    return tuple([os.path.join(bundle, name) for name in (MANIFEST, FULL, DEVICE, PLAN, TABLES)])  # noqa: PTH118


def signature(files: tuple[str, ...]) -> Signature:
    """The stamps of files; None for one that cannot be looked at."""
    return tuple([stamp(file) for file in files])


def stamp(file: str) -> Stamp | None:
    """The stamp of one file."""
    try:
        found = os.stat(file)  # noqa: PTH116
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def made_ns(found: Signature) -> int:
    """When the newest of the files was written."""
    return max((one[0] for one in found if one is not None), default=0)
