"""The bundles on offer, by model id."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from cutpoint.errors import CutpointError
from cutpoint.graph import Bundle
from cutpoint.graph.bundle import SUFFIX
from cutpoint.wire import ModelId
from edge_server.catalogue.served import ServedModel
from edge_server.errors import CatalogueError
from edge_server.logs import log_event

log = logging.getLogger("edge_server")


class Catalogue:
    """Every servable bundle; made once, never changed."""

    def __init__(self, models: Mapping[ModelId, ServedModel]) -> None:
        self._models = dict(models)

    @classmethod
    def open(cls, folders: Iterable[Path], *, most_bytes: int) -> Catalogue:
        """Open the bundles that the folders are or hold.

        A damaged bundle is logged once and left out; the others are served. Raises CatalogueError when a folder
        is missing or nothing is left. `most_bytes` bounds the tensors of one message: a model whose largest cut
        needs more is left out too.
        """
        models: dict[ModelId, ServedModel] = {}
        folders = tuple(folders)
        for path in _bundle_paths(folders):
            try:
                served = ServedModel(Bundle.open(path))
                if served.largest_cut_bytes > most_bytes:
                    raise CatalogueError(
                        f"a cut of this model has {served.largest_cut_bytes} bytes, "
                        f"max_message_bytes allows {most_bytes}"
                    )
            except (CutpointError, OSError) as error:
                log_event(log, logging.ERROR, "bundle_skipped", path=path, detail=error)
                continue
            older = models.setdefault(served.id, served)
            if older is not served:
                log_event(
                    log,
                    logging.WARNING,
                    "bundle_skipped",
                    path=path,
                    detail=f"same model as {older.bundle.path}",
                )
        if not models:
            where = ", ".join(str(folder) for folder in folders)
            raise CatalogueError(
                f"no usable bundle in {where}; make one with `cutpoint split MODEL -o {folders[0]}/NAME{SUFFIX}`"
            )
        return cls(models)

    def get(self, model: ModelId) -> ServedModel | None:
        """The model of that id, or None when it is not on offer."""
        return self._models.get(model)

    def __iter__(self) -> Iterator[ServedModel]:
        return iter(self._models.values())

    def __len__(self) -> int:
        return len(self._models)


def _bundle_paths(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        if not folder.is_dir():
            raise CatalogueError(
                f"models folder {folder}: no such folder; name a bundle or a folder of bundles"
            )
        if folder.suffix == SUFFIX:
            yield folder
        else:
            yield from sorted(path for path in folder.glob(f"*{SUFFIX}") if path.is_dir())
