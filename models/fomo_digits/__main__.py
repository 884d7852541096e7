"""`python -m models.fomo_digits`: rebuild a shipped model, its pictures and its card from nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from cutpoint.errors import CutpointError
from models.fomo_digits.calibrate import FIT_SCENES, HELD_OUT_SCENES
from models.fomo_digits.recipe import Narrator, Recipe, run
from models.fomo_digits.train import TrainingPlan
from models.fomo_digits.variant import FOMO_96, VARIANTS
from models.needs import PackageMissingError

MODELS = Path(__file__).resolve().parent.parent
QUICK_STEPS = 600
QUICK_SCENES = (60, 60)
DEFAULT = TrainingPlan()


class Terminal(Narrator):
    """A progress bar on a terminal, a line every tenth of the training elsewhere."""

    def __init__(self, console: Console, steps: int) -> None:
        self._console = console
        self._steps = steps
        self._lines = 0
        columns = (
            TextColumn("training"),
            BarColumn(),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f} steps, loss {task.fields[loss]:.4f}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=console) if console.is_terminal else None
        self._task = self._bar.add_task("training", total=steps, loss=float("nan")) if self._bar else None

    def stage(self, text: str) -> None:
        """Print the stage."""
        self._console.print(text)

    def progress(self, step: int, loss: float) -> None:
        """Move the bar, or print a line."""
        if self._bar is not None and self._task is not None:
            self._bar.start()
            self._bar.update(self._task, completed=step, loss=loss)
            if step == self._steps:
                self._bar.stop()
        elif step * 10 // self._steps > self._lines:
            self._lines = step * 10 // self._steps
            self._console.print(f"  step {step:,} of {self._steps:,}, loss {loss:.4f}")

    def close(self) -> None:
        """Give the terminal back."""
        if self._bar is not None:
            self._bar.stop()


def main(
    out: Annotated[Path, typer.Option(help="Folder for <name>.cut/ and <name>/.")] = MODELS,
    seed: Annotated[int, typer.Option(min=0, help="Decides weights, scenes and pictures.")] = DEFAULT.seed,
    side: Annotated[
        int, typer.Option(help=f"Side of the pictures in pixels: {' or '.join(map(str, VARIANTS))}.")
    ] = FOMO_96.side_px,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Training steps, else as the model that ships.")
    ] = None,
    quick: Annotated[
        bool, typer.Option(help=f"{QUICK_STEPS} steps, to try the recipe; needs --out.")
    ] = False,
    keep: Annotated[
        Path | None, typer.Option(help="Keep the trained float network here, or take it from here.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads for training.")] = 2,
) -> None:
    """Train FOMO on digit scenes, quantise it, and write the bundle, the test pictures and the model card."""
    console = Console(markup=False)  # brackets in a sentence are meant
    if quick and out.resolve() == MODELS:
        console.print("a quick run would replace the model that ships; name another folder with --out")
        raise typer.Exit(2)
    variant = VARIANTS.get(side)
    if variant is None:
        console.print(
            f"--side {side}: the recipe makes networks for {' or '.join(map(str, VARIANTS))} pixels"
        )
        raise typer.Exit(2)
    # TensorFlow's start-up notes would tear the progress bar.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    plan = TrainingPlan(variant, seed=seed, steps=QUICK_STEPS if quick else steps or variant.steps)
    terminal = Terminal(console, plan.steps)
    try:
        scenes = QUICK_SCENES if quick else (FIT_SCENES, HELD_OUT_SCENES)
        figures = run(Recipe(out, plan, keep, threads=threads, codec_scenes=scenes), terminal)
    except PackageMissingError as error:
        console.print(str(error))
        raise typer.Exit(2) from None
    except CutpointError as error:
        console.print(str(error))
        raise typer.Exit(1) from None
    finally:
        terminal.close()
    console.print(
        f"int8 F1 {figures.test_int8.f1:.3f}, float F1 {figures.test_float.f1:.3f} "
        f"on {figures.test_int8.pictures:,} test scenes; {figures.minutes:.0f} min; written to {out}",
        soft_wrap=True,
    )


if __name__ == "__main__":
    typer.run(main)
