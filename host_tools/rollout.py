"""A new bundle version into a models folder, and the share of the devices that it serves: checked, then written."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from cutpoint.bus import Bus
from cutpoint.errors import BundleError, PeerError, UsageError
from cutpoint.graph import Bundle
from cutpoint.graph.bundle import DEVICE, FULL, MANIFEST, PLAN, SUFFIX, TABLES
from cutpoint.graph.folder import replace_folder
from cutpoint.wire import Topics, parse_about
from edge_server import ROLLOUT_FILE, Rollout, Rollouts


@dataclass(frozen=True, slots=True)
class Change:
    """What is going to be done. `copied_from` is None where the bundle lies in the folder already."""

    models: Path
    new: Bundle
    over: Bundle
    rollout: Rollout
    before: Rollout | None
    copied_from: Path | None

    @property
    def moves_devices(self) -> bool:
        """Whether devices get another model; else the server only answers otherwise."""
        return self.new.model_id != self.over.model_id


@dataclass(frozen=True, slots=True)
class Standing:
    """One rollout of a folder. `on_new`, `on_over`: devices that say that they run that model; None where unasked."""

    rollout: Rollout
    new_id: str
    over_id: str
    on_new: int | None = None
    on_over: int | None = None


def plan(models: Path, new: str, over: str | None, share: float) -> Change:
    """Check everything, change nothing. Raises UsageError with one sentence."""
    _require_folder(models)
    there = bundles_in(models)
    copied_from: Path | None = None
    stated = Rollouts.read(models / ROLLOUT_FILE)
    path = Path(new)
    if path.is_dir() and path.resolve().parent != models.resolve():
        given = Bundle.open(path)
        opened = replace(given, path=_place_for(given, models))
        copied_from = None if opened.path.is_dir() else path
    else:
        opened = _chosen(there, path.name, models)
    before = stated.of(opened.path.name)
    if over is None:
        if before is None:
            raise UsageError(
                f"{opened.path.name} is no version of a rollout yet: name what it replaces with --over"
            )
        over = before.over
    old = _chosen([one for one in there if one.path.name != opened.path.name], Path(over).name, models)
    try:
        rollout = Rollout(new=opened.path.name, over=old.path.name, share=share)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise UsageError(
            f"{first.get('input')!r} cannot stand in a rollout: {first['msg']}; rename the bundle"
        ) from None
    if before is not None and before.over != rollout.over:
        raise UsageError(
            f"{rollout.new} is rolled out over {before.over} already; end that first: "
            f"cutpoint rollout {rollout.new} --end --models {models}"
        )
    stated.having(rollout)
    return Change(models, opened, old, rollout, before, copied_from)


def apply(change: Change) -> None:
    """Copy the bundle if it is to be copied, look at it there, then state the share. Raises UsageError."""
    if change.copied_from is not None:
        names = [MANIFEST, FULL, DEVICE]
        names += [] if change.new.stream_plan is None else [PLAN]
        names += [] if change.new.codec_tables is None else [TABLES]
        files = {name: (change.copied_from / name).read_bytes() for name in names}
        replace_folder(change.new.path, files, recognised_by=MANIFEST)
        Bundle.open(change.new.path)
    path = change.models / ROLLOUT_FILE
    Rollouts.read(path).having(change.rollout).write(path)


def end(models: Path, new: str) -> Rollout:
    """Take a rollout out of the file: nobody is moved for it any more. Raises UsageError.

    While both bundles of one model lie there, the first by name would serve everyone: that must be decided first.
    """
    _require_folder(models)
    path = models / ROLLOUT_FILE
    stated = Rollouts.read(path)
    name = Path(new).name
    rollout = stated.of(name) or stated.of(f"{name}{SUFFIX}")
    if rollout is None:
        raise UsageError(
            f"{path} knows no rollout of {new}; it has: {_listed(one.new for one in stated.rollout)}"
        )
    there = {bundle.path.name: bundle for bundle in bundles_in(models)}
    versions = [there[one].model_id for one in (rollout.new, rollout.over) if one in there]
    if len(versions) == 2 and versions[0] == versions[1]:
        raise UsageError(
            f"{rollout.new} and {rollout.over} are two bundles of one model: remove from {models} the one that "
            "shall serve nobody, then end the rollout"
        )
    stated.without(rollout.new).write(path)
    return rollout


def standings(models: Path, running: Counter[str] | None = None) -> list[Standing]:
    """Every rollout of a folder; with the models that devices `run`, by id, how many have which."""
    _require_folder(models)
    ids = {bundle.path.name: bundle.model_id.hex() for bundle in bundles_in(models)}
    found = []
    for rollout in Rollouts.read(models / ROLLOUT_FILE).rollout:
        new_id, over_id = ids.get(rollout.new, "missing"), ids.get(rollout.over, "missing")
        told = running is not None and new_id != over_id
        found.append(
            Standing(
                rollout,
                new_id,
                over_id,
                running[new_id] if running is not None and told else None,
                running[over_id] if running is not None and told else None,
            )
        )
    return found


def models_running(bus: Bus, topics: Topics, seconds: float) -> Counter[str]:
    """How many devices say that they run which model, by its id, as retained at the broker. Raises ConnectError."""
    said: dict[str, str] = {}

    def hear(topic: str, payload: bytes) -> None:
        # Of a device that says nothing readable, nothing is known.
        with suppress(PeerError):
            device, _ = topics.parse(topic)
            said[device] = parse_about(payload).model

    bus.on_message = hear
    bus.subscribe(f"{topics.root}/+/about", 1)
    bus.connect()
    try:
        time.sleep(seconds)
    finally:
        bus.close()
    return Counter(said.values())


def bundles_in(models: Path) -> list[Bundle]:
    """The bundles of a folder that can be opened, by name of their folders."""
    found = []
    for path in sorted(models.glob(f"*{SUFFIX}")):
        try:
            found.append(Bundle.open(path).lean())
        except BundleError:
            continue
    return found


def _chosen(there: list[Bundle], wanted: str, models: Path) -> Bundle:
    """The bundle of that folder name, name or model id."""
    exact = [one for one in there if one.path.name in (wanted, f"{wanted}{SUFFIX}")]
    found = exact or [one for one in there if wanted in (one.name, one.model_id.hex())]
    if len(found) == 1:
        return found[0]
    listed = _listed(f"{one.path.name} ({one.model_id.hex()})" for one in found or there)
    if found:
        raise UsageError(f"{wanted} names several bundles of {models}: {listed}; give the folder's name")
    raise UsageError(f"no bundle {wanted} in {models} that can be opened; it has: {listed}")


def _place_for(bundle: Bundle, models: Path) -> Path:
    """Where a bundle goes: under its own name, or under one with its digest where another version has that."""
    manifest = (bundle.path / MANIFEST).read_bytes()
    place = models / bundle.path.name
    if not place.exists() or _same(place, manifest):
        return place
    digest = hashlib.sha256(manifest).hexdigest()[:8]
    return models / f"{bundle.path.name.removesuffix(SUFFIX)}-{digest}{SUFFIX}"


def _same(place: Path, manifest: bytes) -> bool:
    # The manifest holds the SHA-256 of the other files.
    try:
        return (place / MANIFEST).read_bytes() == manifest
    except OSError:
        return False


def _require_folder(models: Path) -> None:
    if models.suffix == SUFFIX or not models.is_dir():
        raise UsageError(
            f"{models} is no folder of bundles; name the one that the servers watch with --models"
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
