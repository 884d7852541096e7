"""A trained float network kept on disk: quantise and evaluate again without training again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from models.fomo_digits.train import TrainingPlan
from models.needs import need

MODEL_FILE = "float.keras"
PLAN_FILE = "training.json"


@dataclass(frozen=True, slots=True)
class Trained:
    """A Keras model (logits) and the minutes that its training took."""

    model: Any
    minutes: float


def kept(folder: Path, plan: TrainingPlan) -> Trained | None:
    """The network in `folder`, or None when there is none or it was trained by another plan."""
    plan_file = folder / PLAN_FILE
    if not plan_file.is_file():
        return None
    stated = json.loads(plan_file.read_text())
    if stated["plan"] != asdict(plan):
        return None
    return Trained(need("tensorflow").keras.models.load_model(folder / MODEL_FILE), float(stated["minutes"]))


def keep(folder: Path, plan: TrainingPlan, trained: Trained) -> None:
    """Write the network, then the plan, so that half a network is never taken for a whole one."""
    folder.mkdir(parents=True, exist_ok=True)
    trained.model.save(folder / MODEL_FILE)
    (folder / PLAN_FILE).write_text(json.dumps({"plan": asdict(plan), "minutes": trained.minutes}) + "\n")
