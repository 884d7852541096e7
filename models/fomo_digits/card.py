"""The model card: `card_template.md` filled with the figures of a run."""

from __future__ import annotations

from pathlib import Path
from string import Template

from models.fomo_digits import backgrounds, digits, network, scenes, targets
from models.fomo_digits.calibrate import FIT_SCENES, HELD_OUT_SCENES
from models.fomo_digits.evaluate import LABELS
from models.fomo_digits.figures import Figures, SetFigures
from models.fomo_digits.train import TrainingPlan
from models.fomo_digits.variant import CELL_PX, FOMO_96, Variant

TEMPLATE = Path(__file__).with_name("card_template.md")


def render(figures: Figures, variant: Variant) -> str:
    """The card of a variant as Markdown; the same figures give the same text."""
    plan = TrainingPlan(variant, seed=figures.seed, steps=figures.steps, batch=figures.batch)
    return Template(TEMPLATE.read_text()).substitute(
        name=variant.name,
        side=variant.side_px,
        purpose=variant.purpose,
        size_option="" if variant == FOMO_96 else f" --side {variant.side_px}",
        results=_results(figures),
        confusion=_confusion(figures),
        per_label=_per_label(figures),
        test_pictures=f"{figures.test_int8.pictures:,}",
        fewest=scenes.FEWEST,
        most=variant.most,
        smallest=scenes.SMALLEST_PX,
        largest=scenes.LARGEST_PX,
        contrast=f"{scenes.LEAST_CONTRAST:.0f}",
        split_seed=digits.SPLIT_SEED,
        backgrounds=len(backgrounds.PICTURES),
        gutter=backgrounds.GUTTER_PX,
        licences="\n".join(f"| `skimage.data.{p.name}` | {p.licence} |" for p in backgrounds.PICTURES),
        width=network.WIDTH,
        cut_layer=network.CUT_LAYER,
        head_channels=network.HEAD_CHANNELS,
        channels=network.CHANNELS,
        grid=variant.grid,
        cell=CELL_PX,
        operators=figures.operators,
        parameters=f"{figures.parameters:,}",
        macs=f"{figures.macs / 1e6:.2f}",
        bytes=f"{figures.bytes:,}",
        model_id=figures.model_id,
        scenes=f"{plan.scenes:,}",
        seed=plan.seed,
        steps=plan.steps,
        batch=plan.batch,
        learning_rate=f"{plan.learning_rate:g}",
        core=f"{targets.CORE_PX:g}",
        rim=f"{targets.RIM_PX:g}",
        object_weight=f"{plan.object_weight:g}",
        minutes=f"{figures.minutes:.0f}",
        train_minutes=f"{figures.train_minutes:.0f}",
        cores=figures.cores,
        tensorflow=figures.tensorflow,
        codec_fit=f"{FIT_SCENES:,}",
        codec_held_out=f"{HELD_OUT_SCENES:,}",
    )


def _results(figures: Figures) -> str:
    rows = [
        _row(f"{figures.test_int8.pictures:,} test scenes", "int8", figures.test_int8),
        _row("the same", "float32", figures.test_float),
        _row(f"the first {figures.shipped_int8.pictures} of them, which ship", "int8", figures.shipped_int8),
    ]
    return _table(["pictures", "network", "precision", "recall", "F1"], rows)


def _row(what: str, kind: str, figures: SetFigures) -> list[str]:
    return [what, kind, f"{figures.precision:.3f}", f"{figures.recall:.3f}", f"{figures.f1:.3f}"]


def _confusion(figures: Figures) -> str:
    rows = [
        [name, *(str(count) if count else "" for count in row)]
        for name, row in zip([*LABELS, "*spurious*"], figures.confusion, strict=True)
    ]
    return _table(["", *LABELS, "*missed*"], rows)


def _per_label(figures: Figures) -> str:
    rows = []
    for label, name in enumerate(LABELS):
        right = figures.confusion[label][label]
        there = sum(figures.confusion[label])
        said = sum(row[label] for row in figures.confusion)
        shares = (right / max(1, said), right / max(1, there), 2 * right / max(1, there + said))
        rows.append([name, str(there), *(f"{share:.3f}" for share in shares)])
    return _table(["digit", "there", "precision", "recall", "F1"], rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
