"""`python -m models.tiny`: make the three networks from nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cutpoint.errors import CutpointError
from models.needs import PackageMissingError
from models.tiny.catalogue import NETWORKS
from models.tiny.recipe import SEED, make

TINY = Path(__file__).resolve().parent


def main(
    names: Annotated[
        list[str] | None, typer.Argument(help=f"Some of {', '.join(NETWORKS)}; all without.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for <name>.tflite.")] = TINY,
    seed: Annotated[int, typer.Option(min=0, help="Decides weights and calibration.")] = SEED,
) -> None:
    """Build MLPerf Tiny's shapes with weights from a seed, convert them to int8, check them, write them."""
    console = Console(markup=False)  # brackets in a sentence are meant
    if unknown := sorted(set(names or ()) - NETWORKS.keys()):
        console.print(f"no recipe for {', '.join(unknown)}; there are {', '.join(NETWORKS)}")
        raise typer.Exit(2)
    # TensorFlow's start-up notes would bury the lines below.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        for name in names or NETWORKS:
            made = make(NETWORKS[name], out, seed)
            console.print(
                f"{made.path}: {len(made.model.operators)} operators, {made.model.macs:,} multiply-accumulates, "
                f"{len(made.model.data):,} bytes, model {made.model.id.hex()}",
                soft_wrap=True,
            )
    except PackageMissingError as error:
        console.print(str(error))
        raise typer.Exit(2) from None
    except CutpointError as error:
        console.print(str(error))
        raise typer.Exit(1) from None


if __name__ == "__main__":
    typer.run(main)
