"""The bundles on offer: by model id, by version, and for one device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cutpoint.wire import MOST_OFFERED, DeviceId, ModelId
from edge_server.catalogue.rollout import Rollout
from edge_server.catalogue.served import ServedModel

# Of an activation, besides its tensors: 16 records, the payload's head, the timing block.
_PAYLOAD_ROOM = 16 * 12 + 8 + 24


@dataclass(frozen=True, slots=True)
class Step:
    """One rollout between two bundles that are both on offer."""

    rollout: Rollout
    over: ServedModel
    new: ServedModel


Row = tuple[Step, ...]
"""Steps of which each begins where the one before ends."""


class Catalogue:
    """Every servable bundle: a value, which is replaced as a whole and never changed.

    Of several bundles with one model id and no rollout between them the first is on offer; `doubles` are the others.
    `refused` are rows of rollouts with a model id that stands in an earlier row: one row decides for a device.
    """

    def __init__(
        self,
        models: Iterable[ServedModel] = (),
        steps: Iterable[Step] = (),
        left: Mapping[ModelId, str] | None = None,
    ) -> None:
        """`steps` are the rollouts in force; `left` names bundles that are no longer on offer, by their id."""
        self.steps = tuple(steps)
        self.doubles: list[tuple[ServedModel, ServedModel]] = []
        self._models: dict[ModelId, ServedModel] = {}
        self._rows: dict[ModelId, Row] = {}
        self.refused: list[Row] = []
        for row in _rows(self.steps):
            if any(version.id in self._rows for version in _versions(row)):
                self.refused.append(row)
                continue
            for version in _versions(row):
                self._rows[version.id] = row
                self._models.setdefault(version.id, version)
        in_rows = {version for row in self._rows.values() for version in _versions(row)}
        for model in models:
            first = self._models.setdefault(model.id, model)
            if first is not model and model not in in_rows:
                self.doubles.append((model, first))
        self._left = dict(left or {})
        self._newest = sorted(self, key=lambda model: -model.made_ns)
        self.capacity = max((_capacity(model) for model in self), default=0)

    @classmethod
    def open(cls, folders: Iterable[Path], *, most_bytes: int) -> Catalogue:
        """Open the bundles that the folders are or hold, once; raises CatalogueError when nothing can be served."""
        from edge_server.catalogue.shelf import Shelf

        return Shelf(folders, most_bytes=most_bytes).fill(allow_empty=False)

    def get(self, model: ModelId, device: DeviceId | None = None) -> ServedModel | None:
        """The bundle that answers this device for a model, None when it is not on offer.

        Where bundles of one model id stand in a rollout, it is the one that the device is assigned.
        """
        row = self._rows.get(model) if device is not None and self._rows else None
        if row is None or device is None:
            return self._models.get(model)
        here = [version for version in _reached(row, device) if version.id == model]
        # A device that still runs a model past its share is answered by the first bundle of that model.
        return here[-1] if here else next(version for version in _versions(row) if version.id == model)

    def wanted(self, model: ModelId, device: DeviceId) -> ServedModel | None:
        """The version that a device which runs this model should run; None where no rollout speaks of it."""
        row = self._rows.get(model)
        return None if row is None else _reached(row, device)[-1]

    def step_to(self, model: ModelId, target: ServedModel) -> Step | None:
        """The step on which a device of this model changes to `target`, forwards or back; None without a rollout."""
        row = self._rows.get(model, ())
        versions = _versions(row) if row else ()
        if target not in versions:
            return None
        at = versions.index(target)
        last = max(place for place, version in enumerate(versions) if version.id == model)
        return row[at - 1] if at > last else row[min(at, len(row) - 1)]

    def offered(self, unknown: ModelId) -> tuple[ModelId, ...]:
        """Ids for a device whose model is not on offer, at most 64: bundles of the name that its own had first,
        then the newest."""
        name = self._left.get(unknown)
        ranked = self._newest
        if name is not None:
            ranked = sorted(ranked, key=lambda model: model.bundle.name != name)
        return tuple([model.id for model in ranked[:MOST_OFFERED]])

    def __iter__(self) -> Iterator[ServedModel]:
        """One bundle for each model id."""
        return iter(self._models.values())

    def __len__(self) -> int:
        return len(self._models)

    def versions(self) -> tuple[ServedModel, ...]:
        """Every bundle that answers somebody: those of one model id in a rollout too."""
        rows = {version for row in self._rows.values() for version in _versions(row)}
        return tuple(sorted(rows | set(self), key=lambda version: version.folder))


def _rows(steps: Iterable[Step]) -> Iterator[Row]:
    """The steps in rows; they form no circles, and no bundle is in two rows."""
    after = {step.over: step for step in steps}
    ends = {step.new for step in after.values()}
    for first in [over for over in after if over not in ends]:
        row = [after[first]]
        while (following := after.get(row[-1].new)) is not None:
            row.append(following)
        yield tuple(row)


def _versions(row: Row) -> tuple[ServedModel, ...]:
    return (row[0].over, *[step.new for step in row])


def _reached(row: Row, device: DeviceId) -> list[ServedModel]:
    """The versions that a device goes through: from the first, as far as the shares take it in."""
    reached = [row[0].over]
    for step in row:
        if not step.rollout.reaches(device):
            break
        reached.append(step.new)
    return reached


def _capacity(model: ServedModel) -> int:
    """Bytes of the largest activation that fits this model."""
    return model.largest_cut_bytes + _PAYLOAD_ROOM + 4 * model.n
