"""`cutpoint calibrate`: tables of the feature codecs for a bundle, from pictures."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

import typer
from rich.progress import Progress, TaskID
from rich.table import Table

import cutpoint
from cutpoint.errors import UsageError
from cutpoint.graph.codecs_entry import CodecsEntry
from host_tools.calibration.candidate import Family
from host_tools.calibration.data import CalibrationData
from host_tools.calibration.plan import DEFAULT_MAX_LOSS, CalibrationPlan, chosen_cuts
from host_tools.calibration.run import calibrate as run_calibration
from host_tools.cli.app import app
from host_tools.cli.options import Json
from host_tools.cli.output import console, print_json, progress
from host_tools.profiling.sweep import cuts_of


class Codec(StrEnum):
    """What may be calibrated."""

    lowbit = "lowbit"
    rans = "rans"
    slicer = "slicer"
    delta = "delta"


class ProgressNarrator:
    """A bar for each stage."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID | None = None
        self._stage = ""

    def stage(self, text: str, steps: int) -> None:
        self._end()
        self._stage = text
        self._task = self._bars.add_task(text, total=steps or None)

    def step(self, text: str = "") -> None:
        if self._task is not None:
            self._bars.update(
                self._task, advance=1, description=f"{self._stage}: {text}" if text else self._stage
            )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._bars.stop()

    def _end(self) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)


@app.command(
    epilog="Example:  cutpoint calibrate bundles/fomo.cut --pictures photos --cuts 6,17 --max-loss 1pp",
)
def calibrate(
    bundle: Annotated[
        Path,
        typer.Argument(metavar="BUNDLE", help="Bundle that gets the tables (NAME.cut).", show_default=False),
    ],
    pictures: Annotated[
        Path,
        typer.Option(
            help="Pictures of what the camera will see, best some hundreds: a folder, with labels.json or without, "
            "or an .npz file."
        ),
    ],
    cuts: Annotated[
        str | None,
        typer.Option(
            metavar="6,10,17", help="Cuts; those that carry less than the input and less than any before."
        ),
    ] = None,
    max_loss: Annotated[
        str,
        typer.Option(
            metavar="3pp",
            help="Most loss, in points of F1, accuracy or agreement, of a setting that is kept.",
        ),
    ] = f"{DEFAULT_MAX_LOSS:g}pp",
    codecs: Annotated[
        list[Codec] | None,
        typer.Option("--codec", help="Codec to calibrate, may be repeated; all by default."),
    ] = None,
    held_out: Annotated[
        float, typer.Option(min=0.05, max=0.9, help="Share of the pictures that only the figures come from.")
    ] = round(1 / 3, 3),
    seed: Annotated[int, typer.Option(min=0, help="Of that share, and of still scenes.")] = 1,
    json: Json = False,
) -> None:
    """Fit the codecs' tables on pictures, measure bytes and loss on others, and keep what is worth it in the bundle.

    The same pictures give the same tables. The bundle is replaced whole, or not at all.
    """
    opened = cutpoint.Bundle.open(bundle)
    plan = CalibrationPlan(
        chosen_cuts(opened, cuts_of(cuts, range(0)) if cuts else ()),
        families_of([codec.value for codec in codecs] if codecs else []),
        points_of(max_loss),
        seed,
    )
    data = CalibrationData.read(opened, pictures, held_out=held_out, seed=seed)
    with ProgressNarrator(progress()) as narrator:
        made = run_calibration(opened, data, plan, narrator)
    calibrated = opened.with_codecs(made.entry, made.tables)
    if json:
        print_json({"bundle": calibrated.path, **made.entry.model_dump(mode="json")})
        return
    show(made.entry)
    console.say(
        f"{calibrated.path}: {len(made.entry.settings)} settings, codec.tables {made.entry.bytes:,} B, "
        f"version {made.entry.version}"
    )


def families_of(codecs: list[str]) -> frozenset[Family]:
    """Families by the names of codecs, all for none; those in slices belong to rans."""
    named = {Family(codec) for codec in codecs} or set(Family)
    return frozenset(named | ({Family.SLICED} if Family.RANS in named else set()))


def points_of(text: str) -> float:
    """`3pp`, `0.5pp` or plain `3` as points; raises UsageError."""
    try:
        return float(text.strip().removesuffix("pp"))
    except ValueError:
        raise UsageError(f"--max-loss {text!r} is no number of points; write for instance 0.5pp") from None


def show(entry: CodecsEntry) -> None:
    """What was kept, as a table."""
    baseline = "" if entry.baseline is None else f", {entry.metric} of the whole model {entry.baseline:.3f}"
    table = Table(
        title=f"{entry.pictures:,} pictures to fit, {entry.held_out:,} to measure{baseline}",
        title_justify="left",
        caption="B: a mean frame, for delta one of still scenes; loss in points, with its 95 % interval",
        caption_justify="left",
    )
    for heading in ("#", "cut", "codec", "B", "most B", "loss", "agreed", "tables B"):
        table.add_column(heading, justify="left" if heading == "codec" else "right")
    table.add_column("what")
    for one in entry.settings:
        table.add_row(
            str(one.number),
            str(one.cut),
            one.codec,
            f"{one.mean_bytes:,.0f}",
            f"{one.largest_bytes:,}",
            "none" if one.lossless else loss_words(one.loss, one.margin),
            f"{one.agreement:.3f}",
            f"{one.table_bytes:,}",
            one.what,
        )
    for picture in entry.jpeg:
        table.add_row(
            "",
            "0",
            "jpeg",
            f"{picture.mean_bytes:,.0f}",
            "",
            loss_words(picture.loss, picture.margin),
            f"{picture.agreement:.3f}",
            "",
            f"quality {picture.quality}, {picture.header_bytes:,} B of it headers",
        )
    console.print(table)


def loss_words(loss: float, margin: float | None) -> str:
    """A loss with half of its interval, where it is known."""
    return f"{loss:.2f}" if margin is None else f"{loss:.2f} +- {margin:.2f}"
