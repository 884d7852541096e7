"""One models folder as the server looks at it: which bundles lie in it, and its rollouts."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from cutpoint.graph.bundle import SUFFIX
from edge_server.catalogue.rollout import ROLLOUT_FILE, Rollouts
from edge_server.catalogue.signature import Stamp, stamp
from edge_server.errors import CatalogueError, RolloutError
from edge_server.logs import log_event

log = logging.getLogger("edge_server")


class Folder:
    """A folder that holds bundles, or is one.

    `rollouts` are those of its file that could be read last.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rollouts = Rollouts()
        self._is_bundle = path.suffix == SUFFIX
        self._identity: tuple[int, int] | None = None
        self._gone = False
        self._rollouts_stamp: Stamp | None = None

    def require(self) -> None:
        """Raise CatalogueError when there is no such folder."""
        if not self.path.is_dir():
            raise CatalogueError(
                f"models folder {self.path}: no such folder; name a bundle or a folder of bundles"
            )

    def bundles(self) -> list[str] | None:
        """Names of the bundles, sorted; None while the folder is gone as a whole, which removes nothing.

        Gone is one that cannot be listed, and an empty one that is another folder than before: a mount point
        whose disk went, or a folder that is being filled in place of the last.
        """
        try:
            if self._is_bundle:
                found = [self.path.name]
            else:
                with os.scandir(self.path) as entries:
                    found = sorted([entry.name for entry in entries if _is_bundle(entry)])
            looked = self.path.stat()
        except OSError as error:
            self._say_gone(error.strerror or str(error))
            return None
        identity = (looked.st_dev, looked.st_ino)
        if not found and self._identity not in (None, identity):
            self._say_gone("it is another folder now, and empty")
            return None
        self._identity = identity
        if self._gone:
            self._gone = False
            log_event(log, logging.INFO, "models_folder_back", path=self.path)
        return found

    def place(self, bundle: str) -> Path:
        """Where the bundle of that name lies."""
        return self.path if self._is_bundle else self.path / bundle

    def read_rollouts(self) -> bool:
        """Read the file of rollouts if it changed; whether what is in force changed. A bad file changes nothing."""
        if self._is_bundle or self._gone:
            return False
        path = self.path / ROLLOUT_FILE
        found = stamp(str(path))
        if found == self._rollouts_stamp:
            return False
        self._rollouts_stamp = found
        try:
            rollouts = Rollouts.read(path)
        except RolloutError as error:
            detail = f"{error}; what was in force before stays"
            log_event(log, logging.ERROR, "rollout_refused", detail=detail)
            return False
        changed, self.rollouts = rollouts != self.rollouts, rollouts
        return changed

    def _say_gone(self, why: str) -> None:
        if not self._gone:
            self._gone = True
            detail = f"{why}; what it held stays on offer"
            log_event(log, logging.ERROR, "models_folder_gone", path=self.path, detail=detail)


def _is_bundle(entry: os.DirEntry[str]) -> bool:
    # A name that begins with a dot is a bundle that is being written.
    return entry.name.endswith(SUFFIX) and not entry.name.startswith(".") and entry.is_dir()
