"""Write a folder of files so that it appears complete or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from cutpoint.errors import BundleError


def replace_folder(path: Path, files: Mapping[str, bytes], *, recognised_by: str) -> None:
    """Put a folder with these files at `path`, in place of one that holds the file `recognised_by`.

    The files are written and flushed beside it first, then renamed. Raises BundleError when something else stands at
    `path` or it cannot be written; then nothing has changed.
    """
    if path.exists() and not (path / recognised_by).is_file():
        raise BundleError(f"{path} exists and is no bundle; move it away or choose another name")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise BundleError(f"{path.parent} cannot be written to: {error.strerror or error}") from None
    try:
        for name, data in files.items():
            with (fresh / name).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        fresh.chmod(0o755)
        _swap(fresh, path)
    except OSError as error:
        raise BundleError(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _swap(fresh: Path, path: Path) -> None:
    # A folder with content cannot be renamed over, so the old one steps aside first, and back when the new one fails.
    if not path.exists():
        fresh.rename(path)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    old = path.rename(aside / "old")
    try:
        fresh.rename(path)
    except OSError:
        with suppress(OSError):
            old.rename(path)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
