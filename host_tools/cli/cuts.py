"""`cutpoint cuts`: what travels at every cut, against the picture itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cutpoint.errors import UsageError
from cutpoint.graph.carried import first_not_carried, warning
from host_tools.cli.app import app
from host_tools.cli.memory_tables import memory_json, show_memory
from host_tools.cli.options import Json, ModelArgument
from host_tools.cli.output import console, print_json
from host_tools.cli.source import load_model
from host_tools.memory import NetworkNeed
from host_tools.picture_size import PictureBaseline, picture_baseline


@app.command(epilog="Example:  cutpoint cuts fomo.tflite --plot cuts.png")
def cuts(
    model: ModelArgument,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Draw bytes per cut against the JPEG and raw lines."),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(
            help="Folder of pictures to measure the JPEG line with; the shipped test pictures by default."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """List every cut: what was computed before it, the tensors that travel, and the RAM that its head needs."""
    network = load_model(model)
    need = NetworkNeed.of_model(network)
    baseline = picture_baseline(network, pictures)
    missing = first_not_carried(network)
    if plot is not None:
        draw(network, baseline, plot)
    if json:
        print_json(
            {
                "model_id": bytes(network.id),
                "macs": network.macs,
                "repairs": network.repairs,
                "not_on_boards": {"operator": missing.index, "kind": missing.kind} if missing else None,
                "picture": baseline,
                "memory": memory_json(need),
                "cuts": [
                    {
                        "cut": cut.k,
                        "after": network.operators[cut.k - 1].kind if cut.k else None,
                        "bytes": cut.bytes,
                        "macs_before": cut.macs_before,
                        "macs_after": cut.macs_after,
                        "tensors": [
                            {
                                "index": tensor.index,
                                "name": tensor.name,
                                "shape": tensor.shape,
                                "dtype": str(tensor.dtype),
                                "bytes": tensor.bytes,
                            }
                            for tensor in cut.tensors
                        ],
                    }
                    for cut in network.cuts
                ],
            }
        )
        return
    table = Table(title=f"{model}: {len(network.operators)} operators, {network.macs / 1e6:.2f} M MAC")
    for heading in ("cut", "bytes", "MACs before", "share"):
        table.add_column(heading, justify="right")
    table.add_column("after operator")
    table.add_column("travels")
    for cut in network.cuts:
        table.add_row(
            str(cut.k),
            f"{cut.bytes:,}",
            f"{cut.macs_before:,}",
            f"{100 * cut.macs_before / network.macs:.0f} %" if network.macs else "",
            network.operators[cut.k - 1].kind if cut.k else "(input)",
            " + ".join("x".join(map(str, tensor.shape)) + f" {tensor.dtype}" for tensor in cut.tensors),
        )
    console.print(table)
    for repair in network.repairs:
        console.say(f"repaired: {repair}")
    if missing is not None:
        console.say(f"note: {warning(missing)}")
    show_memory(need, [operator.kind for operator in network.operators])
    if baseline is not None:
        console.print(baseline.sentence(), highlight=False)
    if plot is not None:
        console.say(f"wrote {plot}")


def draw(network: object, baseline: PictureBaseline | None, path: Path) -> None:
    """Draw the plot, or say what is missing to draw it."""
    from cutpoint.graph import Model

    assert isinstance(network, Model)
    if path.suffix.lower() != ".png":
        raise UsageError(f"--plot is {str(path)!r}; expected a name that ends in .png")
    try:
        from host_tools.plot_cuts import plot_cuts
    except ImportError as error:
        raise UsageError(
            "drawing needs matplotlib, which is not installed; pip install matplotlib"
        ) from error
    try:
        plot_cuts(network, baseline, path)
    except OSError as error:
        raise UsageError(f"cannot write the plot {path}: {error}") from error
