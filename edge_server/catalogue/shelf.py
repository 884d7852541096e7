"""The bundles of the models folders, opened as their files come, change and go."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cutpoint.errors import CutpointError
from cutpoint.graph import Bundle
from cutpoint.graph.bundle import SUFFIX
from cutpoint.wire import ModelId
from edge_server.catalogue.catalogue import Catalogue, Step
from edge_server.catalogue.folder import Folder
from edge_server.catalogue.served import ServedModel
from edge_server.catalogue.signature import Signature, files_of, made_ns, signature
from edge_server.errors import CatalogueError
from edge_server.logs import log_event

log = logging.getLogger("edge_server")

MOST_LEFT_REMEMBERED = 256
"""Names of bundles that left, by their model id; the oldest is forgotten first."""


@dataclass(slots=True)
class _Place:
    """One bundle's folder: its files as they were at the last look, and as they were when it was opened last."""

    path: Path
    files: tuple[str, ...]
    seen: Signature = ()
    tried: Signature | None = None
    model: ServedModel | None = None
    missing: bool = False


class Shelf:
    """Belongs to one thread at a time: the one that starts the server, then the watcher.

    `look` opens only what changed and then stood still from one look to the next, so a bundle that is being copied is
    left alone until it is whole. What cannot be opened is said once and tried again when its files change; a version
    that was opened before stays on offer meanwhile. A bundle leaves when it is missing at two looks in a row, because
    replacing one makes it vanish for a moment.
    """

    def __init__(self, folders: Iterable[Path], *, most_bytes: int) -> None:
        """`most_bytes` bounds the tensors of one message: a model whose largest cut needs more is not served."""
        self._folders = tuple(Folder(Path(folder)) for folder in folders)
        self._most_bytes = most_bytes
        self._places: dict[Folder, dict[str, _Place]] = {folder: {} for folder in self._folders}
        self._left: OrderedDict[ModelId, str] = OrderedDict()
        self._said: set[tuple[str, str]] = set()

    def fill(self, *, allow_empty: bool) -> Catalogue:
        """Open everything that is there now.

        Raises CatalogueError when a folder is missing, or, unless that is allowed, when there is nothing to serve.
        """
        for folder in self._folders:
            folder.require()
            for name in folder.bundles() or ():
                place = self._found(folder, name)
                place.seen = signature(place.files)
                self._open(place)
            folder.read_rollouts()
        catalogue = self._catalogue()
        if not len(catalogue):
            first = self._folders[0].path
            sentence = (
                f"no usable bundle in {', '.join(str(folder.path) for folder in self._folders)}; "
                f"make one with `cutpoint split MODEL -o {first / f'NAME{SUFFIX}'}`"
            )
            if not allow_empty:
                raise CatalogueError(sentence)
            log_event(log, logging.WARNING, "models_empty", detail=f"{sentence}. Waiting for one.")
        return catalogue

    def look(self) -> Catalogue | None:
        """See what changed since the last look; the new catalogue when that is to be served, else None."""
        changed = False
        for folder in self._folders:
            found = folder.bundles()
            if found is not None:
                changed |= self._look_at(folder, found)
            changed |= folder.read_rollouts()
        return self._catalogue() if changed else None

    def _look_at(self, folder: Folder, found: list[str]) -> bool:
        changed = False
        places = self._places[folder]
        for name in found:
            place = places.get(name) or self._found(folder, name)
            seen, place.seen, place.missing = place.seen, signature(place.files), False
            if seen == place.seen and seen != place.tried:
                changed |= self._open(place)
        for name in places.keys() - found:
            if places[name].missing:
                changed |= self._leave(places.pop(name))
            else:
                places[name].missing = True
        return changed

    def _found(self, folder: Folder, name: str) -> _Place:
        path = folder.place(name)
        place = self._places[folder][name] = _Place(path, files_of(str(path)))
        return place

    def _open(self, place: _Place) -> bool:
        """Try what lies there now; whether that changed what is on offer."""
        place.tried = place.seen
        path, before = place.path, place.model
        try:
            model = ServedModel(Bundle.open(path), made_ns=made_ns(place.seen))
            if model.largest_cut_bytes > self._most_bytes:
                raise CatalogueError(
                    f"a cut of this model has {model.largest_cut_bytes} bytes, "
                    f"max_message_bytes allows {self._most_bytes}"
                )
        except (CutpointError, OSError) as error:
            stays = "" if before is None else "; the version that was opened before stays on offer"
            log_event(log, logging.ERROR, "bundle_skipped", path=path, detail=f"{error}{stays}")
            return False
        place.model = model
        if before is None:
            log_event(log, logging.INFO, "bundle_added", path=path, model=model.id, name=model.bundle.name)
        else:
            log_event(log, logging.INFO, "bundle_changed", path=path, model=model.id, was=before.id)
            self._remember(before)
        return True

    def _leave(self, place: _Place) -> bool:
        model = place.model
        if model is None:
            return False
        log_event(
            log, logging.INFO, "bundle_removed", path=place.path, model=model.id, name=model.bundle.name
        )
        self._remember(model)
        return True

    def _remember(self, left: ServedModel) -> None:
        self._left[left.id] = left.bundle.name
        self._left.move_to_end(left.id)
        if len(self._left) > MOST_LEFT_REMEMBERED:
            self._left.popitem(last=False)

    def _catalogue(self) -> Catalogue:
        models = [
            place.model
            for places in self._places.values()
            for _, place in sorted(places.items())
            if place.model is not None
        ]
        said: set[tuple[str, str]] = set()
        steps = [step for folder in self._folders for step in self._steps(folder, said)]
        catalogue = Catalogue(models, steps, self._left)
        for double, first in catalogue.doubles:
            path, detail = double.bundle.path, f"same model as {first.bundle.path}, which serves"
            if self._news(said, str(path), detail):
                log_event(log, logging.WARNING, "bundle_skipped", path=path, detail=detail)
        for row in catalogue.refused:
            name, detail = row[0].rollout.name, "its models stand in another rollout"
            if self._news(said, name, detail):
                log_event(log, logging.WARNING, "rollout_refused", rollout=name, detail=detail)
        self._said = said
        return catalogue

    def _steps(self, folder: Folder, said: set[tuple[str, str]]) -> Iterator[Step]:
        """The rollouts of a folder whose two bundles are on offer; the others wait."""
        for rollout in folder.rollouts.rollout:
            over, new = (self._places[folder].get(name) for name in (rollout.over, rollout.new))
            if over is not None and new is not None and over.model is not None and new.model is not None:
                yield Step(rollout, over.model, new.model)
            else:
                lacking = rollout.over if over is None or over.model is None else rollout.new
                detail = f"{lacking} is not on offer"
                if self._news(said, rollout.name, detail):
                    log_event(log, logging.WARNING, "rollout_waiting", rollout=rollout.name, detail=detail)

    def _news(self, said: set[tuple[str, str]], what: str, detail: str) -> bool:
        """Whether this was not said of the catalogue before."""
        said.add((what, detail))
        return (what, detail) not in self._said
