"""`cutpoint split`: a model becomes a bundle."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import cutpoint
from cutpoint.errors import UsageError
from cutpoint.graph.carried import first_not_carried, warning
from host_tools.cli.app import app
from host_tools.cli.memory_tables import memory_json, show_memory
from host_tools.cli.options import Json
from host_tools.cli.output import console, print_json
from host_tools.memory import NetworkNeed

MOST_LABEL_CHARACTERS = 1 << 20


class Output(StrEnum):
    """What the last tensors mean, and so what the edge answers with."""

    fomo = "fomo"
    classes = "classes"
    raw = "raw"


def read_labels(text: str | None) -> tuple[str, ...]:
    """Labels from `a,b,c` or from a file with one label a line (`@labels.txt`).

    Raises:
        UsageError: the file cannot be read, or a label is empty or stands twice.
    """
    if text is None:
        return ()
    if text.startswith("@"):
        path = Path(text[1:])
        try:
            with path.open(encoding="utf-8") as file:
                lines = file.read(MOST_LABEL_CHARACTERS).splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"cannot read the labels file {path}: {error}") from error
        labels = tuple(line.strip() for line in lines if line.strip())
    else:
        labels = tuple(part.strip() for part in text.split(","))
    if not labels or not all(labels):
        raise UsageError(
            f"--labels {text!r} has an empty label; expected names with commas between, or @FILE"
        )
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise UsageError(f"--labels names {', '.join(twice)} more than once")
    return labels


@app.command(
    epilog="Example:  cutpoint split fomo.tflite -o bundles --labels person,dog --output fomo",
)
def split(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="The whole network, a .tflite file.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder that the bundle NAME.cut is made in.")],
    labels: Annotated[
        str | None,
        typer.Option(help="Names of the classes, background left out: a,b,c or @FILE with one a line."),
    ] = None,
    output: Annotated[Output, typer.Option(help="What the network's output means.")] = Output.fomo,
    threshold: Annotated[float, typer.Option(min=0.0, max=1.0, help="Least score of a FOMO cell.")] = 0.5,
    max_cut: Annotated[
        int | None,
        typer.Option(min=0, help="Largest cut K that a board will be asked for; device.tflite ends there."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the bundle; the file's name by default.")] = None,
    json: Json = False,
) -> None:
    """Cut a model at every operator boundary and write a bundle: manifest, full model, device model, stream plan.

    Says what each cut needs of a board's RAM under both engines, and which boards have it.
    """
    bundle = cutpoint.Bundle.create(
        cutpoint.load(model),
        out,
        name=name or model.stem,
        labels=read_labels(labels),
        output=output.value,
        threshold=threshold,
        max_cut=max_cut,
    )
    missing = first_not_carried(bundle.model(), bundle.max_cut)
    need = NetworkNeed.of_bundle(bundle)
    if json:
        print_json(
            {
                "bundle": bundle.path,
                "model_id": bytes(bundle.model_id),
                "operators": bundle.n,
                "max_cut": bundle.max_cut,
                "full_bytes": len(bundle.full),
                "device_bytes": len(bundle.device),
                "plan_bytes": None if bundle.stream_plan is None else len(bundle.stream_plan),
                "memory": memory_json(need),
                "repairs": bundle.manifest.repairs,
                "not_on_boards": {"operator": missing.index, "kind": missing.kind} if missing else None,
            }
        )
        return
    for repair in bundle.manifest.repairs:
        console.say(f"repaired: {repair}")
    console.say(
        f"{bundle.path}: model {bytes(bundle.model_id).hex()}, {bundle.n} operators, cuts 0 to {bundle.max_cut}, "
        f"full.tflite {len(bundle.full):,} B, device.tflite {len(bundle.device):,} B, "
        + ("no plan" if bundle.stream_plan is None else f"stream.plan {len(bundle.stream_plan):,} B")
    )
    show_memory(need, [operator.kind for operator in bundle.operators])
    if missing is not None:
        console.say(f"note: {warning(missing)}")
    console.say(f"next: cutpoint verify {bundle.path}")
