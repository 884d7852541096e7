"""The recipe from nothing to a bundle: train, quantise, check, evaluate, write, calibrate."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

import cutpoint
from models.fomo_digits import card, evaluate, pictures
from models.fomo_digits.calibrate import FIT_SCENES, HELD_OUT_SCENES, calibrate_bundle
from models.fomo_digits.check import check
from models.fomo_digits.figures import Figures, SetFigures, confusion_table
from models.fomo_digits.quantise import quantise
from models.fomo_digits.scenes import SceneSource
from models.fomo_digits.train import TrainingPlan, train
from models.fomo_digits.trained import Trained, keep, kept
from models.needs import need

CALIBRATION_SCENES = 300
CALIBRATION_SEED = 1_000_003
"""Added to the seed: calibration scenes are of the train half, but not the first training scenes."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to make and where."""

    out: Path
    """Folder that gets the variant's `<name>.cut/` and `<name>/` with pictures, figures and model card."""
    plan: TrainingPlan
    keep: Path | None = None
    """Folder for the trained float network; one of the same plan found there saves the training."""
    test_scenes: int = 1_000
    codec_scenes: tuple[int, int] = (FIT_SCENES, HELD_OUT_SCENES)
    """Scenes that codec tables are fitted on, and others that they are measured on."""
    threads: int = 2


class Narrator:
    """Told about every stage and every stretch of training; the command line prints what it is told."""

    def stage(self, text: str) -> None:
        """A stage begins."""

    def progress(self, step: int, loss: float) -> None:
        """Training is at `step`, with the mean loss since the last call."""


class _Calibrating:
    """A calibration's stages, told to the recipe's narrator."""

    def __init__(self, narrator: Narrator) -> None:
        self._narrator = narrator

    def stage(self, text: str, steps: int) -> None:
        self._narrator.stage(f"calibrating codecs: {text}")

    def step(self, text: str = "") -> None:
        """Too small to be told."""


def run(recipe: Recipe, narrator: Narrator) -> Figures:
    """Make everything and say what was measured.

    Raises `PackageMissingError`, or `ConversionError` when the converter made something else.
    """
    began = time.monotonic()
    tf = need("tensorflow")
    tf.config.threading.set_intra_op_parallelism_threads(recipe.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    seed, variant = recipe.plan.seed, recipe.plan.variant

    trained = kept(recipe.keep, recipe.plan) if recipe.keep else None
    if trained is None:
        narrator.stage(f"training on {recipe.plan.scenes:,} scenes")
        model = train(recipe.plan, narrator.progress)
        trained = Trained(model, round((time.monotonic() - began) / 60, 1))
        if recipe.keep:
            keep(recipe.keep, recipe.plan, trained)
    else:
        narrator.stage(f"taking the trained network from {recipe.keep}")
    model = trained.model
    resumed = time.monotonic()

    narrator.stage("quantising to int8")
    source = SceneSource("train", seed + CALIBRATION_SEED, variant=variant)
    data = quantise(model, np.stack([scene.pixels for scene in islice(source, CALIBRATION_SCENES)]))
    network = cutpoint.load(data)
    check(network, variant)

    narrator.stage(f"evaluating on {recipe.test_scenes:,} test scenes")
    scenes = list(islice(SceneSource("test", seed, variant=variant), recipe.test_scenes))
    shipped = scenes[: variant.pictures]
    int8 = evaluate.score_int8(data, scenes)

    narrator.stage("writing bundle, pictures and model card")
    bundle = cutpoint.Bundle.create(
        data, recipe.out, name=variant.name, labels=evaluate.LABELS, output="fomo"
    )
    folder = recipe.out / variant.name
    pictures.save(shipped, folder / "pictures")
    figures = Figures(
        seed=seed,
        steps=recipe.plan.steps,
        batch=recipe.plan.batch,
        minutes=round(trained.minutes + (time.monotonic() - resumed) / 60, 1),
        train_minutes=trained.minutes,
        cores=min(recipe.threads, os.cpu_count() or 1),
        tensorflow=str(tf.__version__),
        operators=len(network.operators),
        parameters=int(model.count_params()),
        macs=network.macs,
        bytes=len(data),
        model_id=bundle.model_id.hex(),
        test_int8=SetFigures.of(int8),
        test_float=SetFigures.of(evaluate.score_float(model, scenes)),
        shipped_int8=SetFigures.of(evaluate.score_int8(data, shipped)),
        confusion=confusion_table(int8, len(evaluate.LABELS)),
    )
    figures.save(folder / "figures.json")
    (folder / "README.md").write_text(card.render(figures, variant))
    fit, held_out = recipe.codec_scenes
    calibrate_bundle(bundle, variant, _Calibrating(narrator), seed=seed, fit=fit, held_out=held_out)
    return figures
