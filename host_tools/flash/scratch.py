"""A folder for files with secrets: readable by its owner alone, and gone afterwards, on Ctrl-C too."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new folder of mode 0700, deleted with everything in it when the block ends in whichever way."""
    with tempfile.TemporaryDirectory(prefix="cutpoint-") as name:
        yield Path(name)


def write_private(path: Path, data: bytes) -> None:
    """Write a file that nobody else may read at any moment; an existing one is refused."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
