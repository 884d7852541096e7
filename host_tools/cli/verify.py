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
from host_tools.stream_check import StreamCheck, check_stream


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

    Exact is asked of LiteRT's reference kernels, of TensorFlow Lite Micro, and of the Stream engine against it.
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
        bar.update(task, description="streaming")
        streamed = check_stream(network, sets, runs=runs, seed=seed)
    if json:
        print_json(
            {
                "ok": report.ok and streamed.ok,
                "runs": report.runs,
                "broken": sorted({*report.broken, *streamed.broken}),
                "stream": streamed,
                "cuts": [{"cut": cut.k, "ok": cut.ok} | dict(cut.differences) for cut in report.cuts],
                "whole_against_reference": dict(report.whole),
                "not_run": dict(report.not_run),
            }
        )
    else:
        show(report, streamed, str(model))
    if not (report.ok and streamed.ok):
        raise typer.Exit(EXIT_NO)


def show(report: VerifyReport, streamed: StreamCheck, name: str) -> None:
    """Print a row a cut, then what no row says."""
    names = [kernels for kernels, _ in report.cuts[0].differences]
    table = Table(title=f"{escape(name)}: every cut, {report.runs} sets of inputs")
    table.add_column("cut", justify="right")
    for kernels in names:
        table.add_column(kernels if kernels in {"reference", "tflm"} else f"{kernels} against reference")
    if streamed.differences:
        table.add_column(f"stream against {streamed.against}")
    for cut in report.cuts:
        row = [wording(difference) for _, difference in cut.differences]
        if cut.k < len(streamed.differences):
            row.append(wording(streamed.differences[cut.k]))
        table.add_row(str(cut.k), *row)
    console.print(table)
    for kernels, difference in report.whole:
        console.print(f"whole model, {kernels} against reference: {wording(difference)}", highlight=False)
    for kernels, reason in report.not_run:
        console.say(f"not run under {kernels}: {reason}")
    if streamed.why is not None:
        console.say(f"not run by the Stream engine: {streamed.why}")
    exact = [kernels for kernels in names if kernels in {"reference", "tflm"}]
    if not streamed.ok:
        console.print(f"[red]the Stream engine is not exact at cut {', '.join(map(str, streamed.broken))}[/]")
    elif streamed.operators:
        console.print(
            f"[green]the Stream engine equals {streamed.against} bit for bit[/] at the cuts 0 to {streamed.operators}",
            highlight=False,
        )
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
