"""`cutpoint device`: a whole device on this computer, until its pictures are done."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

import cutpoint
from cutpoint.errors import UsageError
from cutpoint.wire import Key
from host_tools.cli.app import EXIT_NO, app
from host_tools.cli.options import (
    DEFAULT_BROKER,
    DEFAULT_ROOT,
    Broker,
    Json,
    PasswordFile,
    Root,
    Username,
    broker_access,
)
from host_tools.cli.output import console, errors, print_json
from host_tools.device.boots import BootFile
from host_tools.device.device import VirtualDevice
from host_tools.device.events import DeviceEvent, ModelsOffered
from host_tools.device.link import Link
from host_tools.device.profile import Profile
from host_tools.device.record import InferenceRecord
from host_tools.device.settings import DeviceSettings
from host_tools.device.sources import Source, open_source
from host_tools.monitor import answer_words, offer_words
from host_tools.shipped import shipped_bundle, shipped_pictures

PROFILES = ", ".join(Profile.names())
LINKS = ", ".join(Link.presets())


@app.command(
    epilog="Example:  cutpoint device --id cam-1 --profile esp32 --link lte-m --broker 127.0.0.1:1883"
)
def device(
    id: Annotated[str, typer.Option(help="The device's id: a-z, 0-9 and '-', up to 32.")] = "pc-1",
    bundle: Annotated[
        Path | None, typer.Option(help="Bundle of the network (NAME.cut); the shipped FOMO model by default.")
    ] = None,
    pictures: Annotated[
        str | None,
        typer.Option(
            metavar="DIR|FILE|random",
            help="Folder of pictures, a picture, .npy or .npz arrays, or random; by default the shipped test pictures.",
        ),
    ] = None,
    count: Annotated[
        int | None, typer.Option(min=1, help="Inferences to run; once through the pictures by default.")
    ] = None,
    interval: Annotated[float, typer.Option(min=0.0, help="Seconds from one picture to the next.")] = 0.0,
    profile: Annotated[
        str,
        typer.Option(
            help=f"Whose tempo it keeps: {PROFILES}, or a .toml of your own. 'host' is this computer's own."
        ),
    ] = "host",
    link: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|KEY=VALUE,...",
            help=f"Emulated link: {LINKS}; or keys with commas between: rate=60kbps "
            "delay=gaussian:40ms:10ms compute=uniform:0ms:5ms loss=1%; "
            "delay and compute are none, static:T, gaussian:MEAN:SD, uniform:LEAST:MOST or exponential:MEAN. "
            "A name can be changed: lte-m,loss=5%. None by default: the real network alone.",
        ),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            help="Engine of the head: tflm, litert, auto (tflm where it is installed), or stream (line by line)."
        ),
    ] = "auto",
    cut: Annotated[
        int | None, typer.Option(min=0, help="First cut, until a plan comes; the last by default.")
    ] = None,
    on_board: Annotated[
        int | None,
        typer.Option(min=0, help="Operators on board, K; all of the bundle's device model by default."),
    ] = None,
    deadline_ms: Annotated[int, typer.Option(min=1, max=600_000, help="Deadline until a plan comes.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of jitter, delays and losses.")] = 0,
    jpeg: Annotated[
        int | None,
        typer.Option(
            min=1, max=95, metavar="QUALITY", help="A camera that codes its pictures: offers JPEG at cut 0."
        ),
    ] = None,
    history: Annotated[
        int,
        typer.Option(min=0, metavar="BYTES", help="Tensors that codec delta remembers; 0 for no such codec."),
    ] = 8192,
    boots: Annotated[
        Path | None, typer.Option(help="File that keeps the boot number; without it the clock gives one.")
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder that keeps models received over MQTT, and the boot number, over restarts.",
        ),
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option(
            envvar="CUTPOINT_KEY_FILE",
            help="File with this device's key: its frames are then sealed (cutpoint key new).",
        ),
    ] = None,
    broker: Broker = DEFAULT_BROKER,
    username: Username = None,
    password_file: PasswordFile = None,
    root: Root = DEFAULT_ROOT,
    json: Json = False,
) -> None:
    """Run a device: head on real kernels at a board's tempo, over a real broker and an emulated link.

    Exit 1 when a picture stayed without an answer. With --json, one object a line and the sums last.
    """
    opened = cutpoint.Bundle.open(bundle if bundle is not None else shipped_bundle())
    virtual = VirtualDevice(
        id,
        opened,
        bus=broker_access(broker, username, password_file).bus(f"cutpoint-{id}"),
        engine=engine,
        profile=profile,
        link=link,
        settings=DeviceSettings(
            root=root,
            cut=cut,
            on_board=on_board,
            deadline_ms=deadline_ms,
            seed=seed,
            jpeg=jpeg,
            history=history,
        ),
        key=None if key_file is None else Key.of_file(key_file),
        boots=None if (file := boot_file(boots, state)) is None else BootFile(file),
        state=state,
        observer=say_offer,
    )
    if pictures is None and opened.inputs[0].shape != cutpoint.Bundle.open(shipped_bundle()).inputs[0].shape:
        raise UsageError(
            "the shipped pictures do not fit this network; give yours with --pictures, or random"
        )
    shown = pictures if pictures is not None else shipped_pictures()
    source = open_source(shown, virtual.inputs, seed=seed)
    for note in virtual.notes():
        errors.say(f"note: {note}")
    records: list[InferenceRecord] = []
    try:
        with virtual:
            for record in inferences(virtual, source, shown, count, interval, seed):
                records.append(record)
                if json:
                    print_json(record, indent=None)
                else:
                    console.print(line(record, opened.labels), highlight=False, soft_wrap=True)
    finally:
        if records:
            sums = summary(records)
            if json:
                print_json({"summary": sums}, indent=None)
            else:
                console.print(
                    f"{sums['pictures']} pictures: {sums['by']}; total ms median {sums['total_ms_median']}, "
                    f"{sums['bytes_up']:,} B up",
                    highlight=False,
                    soft_wrap=True,
                )
    if any(record.by == "none" for record in records):
        raise typer.Exit(EXIT_NO)


def say_offer(event: DeviceEvent) -> None:
    """Tell who runs the device when the edge does not know its model, and what it has instead."""
    if isinstance(event, ModelsOffered):
        errors.say(f"the edge does not know model {event.model}; it offers {offer_words(event.offered)}")


def boot_file(boots: Path | None, state: Path | None) -> Path | None:
    """Where the boot number is kept: in the file that was named, else beside everything else that is kept."""
    return boots if boots is not None or state is None else state / "boot.json"


def inferences(
    virtual: VirtualDevice,
    source: Source,
    pictures: str | Path,
    count: int | None,
    interval: float,
    seed: int,
) -> Iterator[InferenceRecord]:
    """Pictures as the device's model takes them; made anew when a model with other inputs comes over MQTT."""
    done = 0
    while True:
        inputs = virtual.inputs
        wanted = len(source) if count is None else count
        try:
            for record in virtual.run(source, wanted - done, interval):
                done += 1
                yield record
            return
        except UsageError:
            if virtual.inputs == inputs:
                raise
            source = open_source(pictures, virtual.inputs, seed=seed)


def line(record: InferenceRecord, labels: tuple[str, ...]) -> str:
    """One inference for people."""

    def milliseconds(us: int | None) -> str:
        return "-" if us is None else f"{us / 1000:.1f}"

    answer = "no answer" if record.answer is None else answer_words(record.answer, labels)
    modelled = " (modelled)" if record.modelled else ""
    coded = "" if record.codec is None else f" {record.codec}"
    part = " (of the chunks that came)" if record.partial else ""
    return (
        f"#{record.sequence} {escape(record.name)} [bold]{record.by}[/]{part} {record.reason}, cut {record.cut}"
        f"{coded}, {record.bytes_up:,} B up; ms: device {milliseconds(record.device_us)}{modelled}, "
        f"link {milliseconds(record.link_us)}, edge {milliseconds(record.edge_us)}, "
        f"total {milliseconds(record.total_us)}; {escape(answer)}"
    )


def summary(records: list[InferenceRecord]) -> dict[str, object]:
    """Sums over a run; None where nothing was measured."""
    by = Counter(record.by for record in records)
    return {
        "pictures": len(records),
        "by": ", ".join(f"{number} by {name}" for name, number in sorted(by.items())),
        "total_ms_median": round(statistics.median(record.total_us for record in records) / 1000, 1),
        "bytes_up": sum(record.bytes_up for record in records),
        "modelled": records[0].modelled,
    }
