"""`cutpoint bench`: measurements on this machine that end in a table."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import cutpoint
from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from host_tools.calibration.data import read_examples
from host_tools.calibration.plan import worthwhile_cuts
from host_tools.cli.app import app
from host_tools.cli.options import Json
from host_tools.cli.output import console, print_json, progress
from host_tools.codec_bench import (
    Board,
    CodecBench,
    DeviceMeter,
    Halves,
    QemuMeter,
    Unmetered,
    console_table,
    draw,
    run,
    sentences,
    write_csv,
)
from host_tools.device.profile import Profile
from host_tools.profiling.sweep import cuts_of
from host_tools.shipped import shipped_pictures

bench_app = typer.Typer(no_args_is_help=True, help="Measurements on this machine that end in a table.")
app.add_typer(bench_app, name="bench")


class Tails(StrEnum):
    """Kernels of the tails."""

    reference = "reference"
    optimised = "optimised"
    xnnpack = "xnnpack"


@bench_app.command(
    "codecs", epilog="Example:  cutpoint bench codecs fomo.cut --pictures photos --profile esp32 --out codecs"
)
def codecs(
    bundle: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="Bundle folder (NAME.cut).", show_default=False)
    ],
    pictures: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR|FILE.npz",
            help="What to measure with: pictures, their truth in labels.json; the shipped test pictures by default.",
        ),
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="Use the first so many pictures.")] = None,
    cuts: Annotated[
        str | None,
        typer.Option(
            metavar="6,10,13-17",
            help="Cuts to split at; by default those with no fewer bytes before them, and those of the codec tables.",
        ),
    ] = None,
    profile: Annotated[
        list[str] | None,
        typer.Option(
            help="Board whose milliseconds are modelled; may be given several times. esp32 and esp32-c3 by default."
        ),
    ] = None,
    tails: Annotated[
        Tails, typer.Option(help="Kernels of the tails; reference answers as a device would.")
    ] = Tails.reference,
    instructions: Annotated[
        bool,
        typer.Option("--instructions/--no-instructions", help="Count a device's instructions under QEMU."),
    ] = True,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of codecs.csv and codecs.png; codecs-NAME by default."),
    ] = None,
    plot: Annotated[bool, typer.Option("--plot/--no-plot", help="Draw codecs.png.")] = True,
    json: Json = False,
) -> None:
    """Every way to serve a picture in one table: bytes a frame, quality, memory and instructions on the device.

    Device-only, edge-only as pixels and as JPEG, and a split at every useful cut with each codec and setting of the
    bundle, beside zstd, lz4 and blosc2 on the same tensors. Pictures count as frames of one camera, in the order of
    their names: codec delta needs a still scene to be of use.
    """
    opened = cutpoint.Bundle.open(bundle)
    boards = _boards(opened, profile or ["esp32", "esp32-c3"])
    chosen = _cuts(opened, cuts)
    examples = read_examples(opened, pictures if pictures is not None else shipped_pictures(), count)
    meter: DeviceMeter = QemuMeter() if instructions else Unmetered("--no-instructions was given")
    with progress() as bar:
        task = bar.add_task("heads", total=None)
        halves = Halves(opened, examples, [*chosen, opened.n])
        measured = run(
            halves,
            boards=boards,
            meter=meter,
            kernels=tails.value,
            told=lambda done, of, name: bar.update(task, completed=done, total=of, description=name),
        )
    folder = out if out is not None else Path(f"codecs-{opened.name}")
    written = _write(measured, folder, plot)
    if json:
        print_json({"bench": measured, "written": written})
        return
    console.print(console_table(measured, console.width))
    for sentence in sentences(measured):
        console.say(sentence)
    console.say("written: " + ", ".join(map(str, written)))


def _boards(bundle: Bundle, names: list[str]) -> list[Board]:
    boards = []
    for name in names:
        profile = Profile.load(name)
        if not profile.modelled:
            raise UsageError(
                f"profile {profile.name} measures and models nothing; name a board: "
                + ", ".join(known for known in Profile.names() if Profile.load(known).modelled)
            )
        boards.append(Board.of(profile, bundle))
    return boards


def _cuts(bundle: Bundle, text: str | None) -> list[int]:
    if text is not None:
        return cuts_of(text, range(bundle.n + 1))
    entry = bundle.manifest.codecs
    calibrated = () if entry is None else (setting.cut for setting in entry.settings)
    return sorted({*worthwhile_cuts(bundle), *calibrated})


def _write(measured: CodecBench, folder: Path, plot: bool) -> list[Path]:
    written = [folder / "codecs.csv"]
    write_csv(measured, written[0])
    if plot:
        written.append(folder / "codecs.png")
        draw(measured, written[1])
    return written
