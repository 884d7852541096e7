"""A disk of a few megabytes that can be filled to the last byte: a tmpfs, which needs root."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from cutpoint.errors import UsageError

_FILLER = "filler"
_PIECE_BYTES = 65_536


class SmallDisk:
    """Mounted from `mount` to `unmount`; `folder` is where it is."""

    def __init__(self, megabytes: int = 16) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="cutpoint-disk-"))
        self._megabytes = megabytes
        self._mounted = False

    @staticmethod
    def possible() -> str | None:
        """None, or the reason why this machine cannot have one."""
        if not hasattr(os, "geteuid") or os.geteuid() != 0:
            return "a small disk is a tmpfs, which only root may mount"
        return None if shutil.which("mount") else "there is no mount command"

    def mount(self) -> None:
        """Raises UsageError."""
        reason = self.possible()
        if reason is not None:
            raise UsageError(f"no disk can be filled: {reason}")
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={self._megabytes}m", "tmpfs", str(self.folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise UsageError(f"no disk can be filled: mount says {done.stderr.strip()}")
        self._mounted = True

    def fill(self) -> None:
        """Leave no byte free."""
        piece = bytes(_PIECE_BYTES)
        with (self.folder / _FILLER).open("ab", buffering=0) as file:
            while piece:
                try:
                    written = file.write(piece) or 0
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    written = 0
                if written < len(piece):
                    piece = piece[: len(piece) // 2]

    def empty(self) -> None:
        """Give the room back."""
        (self.folder / _FILLER).unlink(missing_ok=True)

    def unmount(self) -> None:
        """Harmless twice."""
        if self._mounted:
            subprocess.run(["umount", "-l", str(self.folder)], capture_output=True, check=False)
            self._mounted = False
        self.folder.rmdir() if self.folder.exists() and not any(self.folder.iterdir()) else None
