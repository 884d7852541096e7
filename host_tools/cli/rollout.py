"""`cutpoint rollout`: a new bundle version for a share of the devices, for all, or back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cutpoint.errors import UsageError
from cutpoint.wire import Topics
from host_tools.cli.app import app
from host_tools.cli.options import DEFAULT_ROOT, Json, PasswordFile, Root, Username, broker_access
from host_tools.cli.output import console, print_json
from host_tools.remote import tool_client_id
from host_tools.rollout import Change, Standing, apply, end, models_running, plan, standings

_RETAINED_S = 1.0


@app.command(
    epilog="Example:  cutpoint rollout fomo-2.cut --over fomo --share 10% --models bundles   |   "
    "cutpoint rollout --models bundles"
)
def rollout(
    models: Annotated[Path, typer.Option(metavar="DIR", help="The folder that the servers watch.")],
    new: Annotated[
        str | None,
        typer.Argument(
            metavar="[NEW.cut]", help="The new version: a bundle, copied into DIR if it is not there."
        ),
    ] = None,
    over: Annotated[
        str | None,
        typer.Option(metavar="OLD", help="What it replaces: name, folder or model id of a bundle in DIR."),
    ] = None,
    share: Annotated[
        str | None, typer.Option(metavar="PERCENT", help="Share of the devices, 0% (go back) to 100% (all).")
    ] = None,
    finish: Annotated[
        bool, typer.Option("--end", help="Forget this rollout: everyone stays with what they have.")
    ] = False,
    broker: Annotated[
        str | None,
        typer.Option(metavar="HOST[:PORT]", help="Count at this broker which devices run which model."),
    ] = None,
    username: Username = None,
    password_file: PasswordFile = None,
    root: Root = DEFAULT_ROOT,
    json: Json = False,
) -> None:
    """Serve a share of the devices by a new version of a bundle, then all, or go back; alone, say how it stands.

    Writes DIR/rollout.toml, which every server that watches DIR follows. A bundle of the same model answers its share
    at once; one of another model is sent to the devices of its share over MQTT.
    """
    if new is None:
        if over is not None or share is not None or finish:
            raise UsageError(
                "name the new version: cutpoint rollout NEW.cut --over OLD --share 10% --models DIR"
            )
    elif finish:
        if over is not None or share is not None:
            raise UsageError("--end takes neither --over nor --share")
        ended = end(models, new)
        console.say(f"{ended.new} over {ended.over} is no rollout any more")
    else:
        if share is None:
            raise UsageError("say which share of the devices: --share 10%, 100% for all, 0% to go back")
        change = plan(models, new, over, part_of(share))
        apply(change)
        if not json:
            console.say(sentence(change))
    running = None
    if broker is not None:
        bus = broker_access(broker, username, password_file).bus(tool_client_id())
        running = models_running(bus, Topics(root), _RETAINED_S)
    found = standings(models, running)
    if json:
        print_json({"rollouts": [standing_fields(one) for one in found]})
    elif new is None:
        for one in found:
            console.print(standing_words(one), highlight=False, soft_wrap=True)
        if not found:
            console.say(f"no rollout in {models}")


def part_of(text: str) -> float:
    """A share as a number from 0 to 1: "10%", or "0.1". Raises UsageError."""
    try:
        part = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        part = -1.0
    if not 0.0 <= part <= 1.0:
        raise UsageError(f"--share is {text!r}; expected 0% to 100%, or 0 to 1")
    return part


def sentence(change: Change) -> str:
    """What was done, and what follows from it."""
    rollout = change.rollout
    copied = "" if change.copied_from is None else f", copied into {change.models},"
    before = "" if change.before is None else f" (it was {percent(change.before.share)})"
    how = (
        "devices of the share that take models over MQTT are sent it"
        if change.moves_devices and rollout.share
        else "devices that have it are sent the old one"
        if change.moves_devices
        else "it has the same model, so nothing is sent to devices"
    )
    return (
        f"{rollout.new}{copied} serves {percent(rollout.share)} of the devices of {rollout.over}{before} "
        f"from the servers' next look at the folder; {how}"
    )


def standing_words(standing: Standing) -> str:
    """One rollout in a line."""
    rollout = standing.rollout
    words = (
        f"[bold]{escape(rollout.new)}[/] ({standing.new_id}) over {escape(rollout.over)} ({standing.over_id}): "
        f"{percent(rollout.share)}"
    )
    if standing.on_new is not None:
        words += f"; devices that run the new model: {standing.on_new}, the old one: {standing.on_over}"
    return words


def standing_fields(standing: Standing) -> dict[str, object]:
    """The same for JSON."""
    return {
        "new": standing.rollout.new,
        "new_id": standing.new_id,
        "over": standing.rollout.over,
        "over_id": standing.over_id,
        "share": standing.rollout.share,
        "devices_on_new": standing.on_new,
        "devices_on_over": standing.on_over,
    }


def percent(share: float) -> str:
    """A share as people say it."""
    return f"{100 * share:g}%"
