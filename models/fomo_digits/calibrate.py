"""`python -m models.fomo_digits.calibrate`: the codec tables of a shipped bundle, from scenes that no training saw."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

import cutpoint
from cutpoint.errors import CutpointError
from host_tools.calibration.data import CalibrationData, Example
from host_tools.calibration.plan import CalibrationPlan, chosen_cuts
from host_tools.calibration.run import Narrator, calibrate
from host_tools.cli.calibrate import ProgressNarrator, show
from host_tools.cli.output import console, errors, progress
from host_tools.device.sources import Sample
from models.fomo_digits.evaluate import signed
from models.fomo_digits.scenes import SceneSource
from models.fomo_digits.variant import FOMO_96, VARIANTS, Variant

MODELS = Path(__file__).resolve().parent.parent
SEED = 2_000_003
"""Added to the recipe's seed: scenes of the train half, so that figures on the test half stay honest."""
FIT_SCENES, HELD_OUT_SCENES = 400, 600
CUTS = (6, 13, 17, 21)
"""Where blocks end and few bytes travel."""


def calibrate_bundle(
    bundle: cutpoint.Bundle,
    variant: Variant,
    narrator: Narrator,
    *,
    seed: int = 1,
    fit: int = FIT_SCENES,
    held_out: int = HELD_OUT_SCENES,
) -> cutpoint.Bundle:
    """Calibrate on fresh scenes of the train half, measure on as fresh ones, and put the tables into the bundle."""
    scenes = islice(SceneSource("train", seed + SEED, variant=variant), fit + held_out)
    examples = [
        Example(Sample(f"scene {number}", (signed(scene.pixels),)), scene.objects)
        for number, scene in enumerate(scenes)
    ]
    data = CalibrationData(tuple(examples[:fit]), tuple(examples[fit:]))
    made = calibrate(bundle, data, CalibrationPlan(chosen_cuts(bundle, CUTS), seed=seed), narrator)
    return bundle.with_codecs(made.entry, made.tables)


def main(
    out: Annotated[Path, typer.Option(help="Folder that holds <name>.cut/.")] = MODELS,
    side: Annotated[
        int, typer.Option(help=f"Side of the network's pictures: {' or '.join(map(str, VARIANTS))}.")
    ] = FOMO_96.side_px,
    seed: Annotated[int, typer.Option(min=0, help="The recipe's seed.")] = 1,
    fit: Annotated[int, typer.Option(min=8, help="Scenes to fit on.")] = FIT_SCENES,
    held_out: Annotated[int, typer.Option(min=8, help="Scenes to measure on.")] = HELD_OUT_SCENES,
) -> None:
    """Make the codec tables of a shipped bundle again."""
    variant = VARIANTS.get(side)
    if variant is None:
        errors.say(f"--side {side}: there are networks for {' or '.join(map(str, VARIANTS))} pixels")
        raise typer.Exit(2)
    try:
        bundle = cutpoint.Bundle.open(out / f"{variant.name}.cut")
        with ProgressNarrator(progress()) as narrator:
            bundle = calibrate_bundle(bundle, variant, narrator, seed=seed, fit=fit, held_out=held_out)
    except CutpointError as error:
        errors.say(str(error))
        raise typer.Exit(1) from None
    entry = bundle.manifest.codecs
    assert entry is not None
    show(entry)
    console.say(f"{bundle.path}: codec.tables {entry.bytes:,} B, version {entry.version}")


if __name__ == "__main__":
    typer.run(main)
