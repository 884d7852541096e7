"""`cutpoint verify`: head and tail at every cut against the whole model, bit for bit."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cutpoint.graph import Difference, VerifyReport
from cutpoint.graph import verify as verify_cuts
from cutpoint.picture.input_tensor import input_tensors
from host_tools.cli.app import EXIT_NO, app
from host_tools.cli.options import Json, ModelArgument
from host_tools.cli.output import console, print_json, progress
from host_tools.cli.source import load_model
from host_tools.device.sources import open_source


@app.command(epilog="Example:  cutpoint verify fomo.tflite --runs 4")
def verify(
    model: ModelArgument,
    inputs: Annotated[
        Path | None,
        typer.Option(
            help="Folder of pictures, or .npy / .npz arrays, to verify with; random inputs by default."
        ),
    ] = None,
    runs: Annotated[int, typer.Option(min=1, max=1000, help="Sets of inputs.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random inputs.")] = 0,
    json: Json = False,
) -> None:
    """Run head then tail at every cut and compare with the whole model; exit 1 if a bit differs.

    Exact is asked of LiteRT's reference kernels and of TensorFlow Lite Micro.
    XNNPACK may differ by design; how much is reported.
    """
    network = load_model(model)
    sets = None
    if inputs is not None:
        sets = [sample.arrays for sample in islice(open_source(inputs, input_tensors(network)), runs)]
    with progress() as bar:
        task = bar.add_task("verifying", total=None)
        report = verify_cuts(
            network,
            sets,
            runs=runs,
            seed=seed,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if json:
        print_json(
            {
                "ok": report.ok,
                "runs": report.runs,
                "broken": report.broken,
                "cuts": [{"cut": cut.k, "ok": cut.ok} | dict(cut.differences) for cut in report.cuts],
                "whole_against_reference": dict(report.whole),
                "not_run": dict(report.not_run),
            }
        )
    else:
        show(report, str(model))
    if not report.ok:
        raise typer.Exit(EXIT_NO)


def show(report: VerifyReport, name: str) -> None:
    """Print a row a cut, then what no row says."""
    names = [kernels for kernels, _ in report.cuts[0].differences]
    table = Table(title=f"{escape(name)}: every cut, {report.runs} sets of inputs")
    table.add_column("cut", justify="right")
    for kernels in names:
        table.add_column(kernels if kernels in {"reference", "tflm"} else f"{kernels} against reference")
    for cut in report.cuts:
        table.add_row(str(cut.k), *(wording(difference) for _, difference in cut.differences))
    console.print(table)
    for kernels, difference in report.whole:
        console.print(f"whole model, {kernels} against reference: {wording(difference)}", highlight=False)
    for kernels, reason in report.not_run:
        console.say(f"not run under {kernels}: {reason}")
    exact = [kernels for kernels in names if kernels in {"reference", "tflm"}]
    if report.ok:
        console.print(
            f"[green]all {len(report.cuts)} cuts equal the whole model bit for bit[/] under {' and '.join(exact)}"
        )
    else:
        console.print(f"[red]not exact at cut {', '.join(map(str, report.broken))}[/]")


def wording(difference: Difference) -> str:
    """A difference in a few words, with markup."""
    if difference.failed is not None:
        return f"[red]failed: {escape(difference.failed)}[/]"
    if difference.exact:
        return "[green]exact[/]"
    return f"{difference.differing:,} of {difference.values:,} values, by {difference.largest_step:g} at most"
