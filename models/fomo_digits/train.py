"""Training from random weights on scenes drawn as they are needed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.fomo_digits import network, targets
from models.fomo_digits.scenes import SceneSource
from models.fomo_digits.variant import FOMO_96, Variant
from models.needs import need

BATCHES_AHEAD = 16
"""Batches drawn in advance by the drawing thread."""


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """Everything that decides the weights."""

    variant: Variant = FOMO_96
    seed: int = 1
    steps: int = FOMO_96.steps
    batch: int = 48
    learning_rate: float = 4e-3
    """Peak, of Adam; warmed up over the first 3 % of the steps, then a cosine down to zero."""
    object_weight: float = 4.0
    """Loss of a cell that must name a digit, against 1 for every other cell."""

    @property
    def scenes(self) -> int:
        """Training scenes seen, none of them twice."""
        return self.steps * self.batch


Batch = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]


def train(plan: TrainingPlan, progress: Callable[[int, float], None]) -> Any:
    """A trained Keras model (logits).

    `progress(step, loss)` is called every 50 steps with the mean loss since the last call.
    """
    tf = need("tensorflow")
    tf.keras.utils.set_random_seed(plan.seed)
    model = network.build(plan.variant)
    schedule = tf.keras.optimizers.schedules.CosineDecay(
        plan.learning_rate / 50,
        plan.steps,
        warmup_target=plan.learning_rate,
        warmup_steps=max(1, plan.steps * 3 // 100),
    )
    optimiser = tf.keras.optimizers.Adam(schedule, epsilon=1e-6, clipnorm=5.0)

    def step(pixels: Any, allowed: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = model(tf.cast(pixels, tf.float32) / 255.0, training=True)
            loss = _loss(tf, logits, tf.cast(allowed, tf.float32), plan.object_weight)
        optimiser.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        return loss

    compiled = tf.function(step)
    since: list[Any] = []
    for number, (pixels, allowed) in enumerate(_batches(plan), start=1):
        since.append(compiled(pixels, allowed))
        if number % 50 == 0 or number == plan.steps:
            progress(number, float(np.mean([float(loss) for loss in since])))
            since.clear()
    return model


def _loss(tf: Any, logits: Any, allowed: Any, object_weight: float) -> Any:
    """Mean over cells of minus the log of the probability given to the allowed channels, weighted."""
    every = tf.reduce_logsumexp(logits, axis=-1)
    right = tf.reduce_logsumexp(logits + (allowed - 1.0) * 1e4, axis=-1)
    weight = 1.0 + (object_weight - 1.0) * (1.0 - allowed[..., 0])
    return tf.reduce_mean(weight * (every - right))


def _batches(plan: TrainingPlan) -> Iterator[Batch]:
    """The plan's batches in order, drawn ahead by one thread, so that they depend on the seed alone."""
    source = SceneSource("train", plan.seed, variant=plan.variant, augment=True)

    def draw() -> Batch:
        scenes = [source.draw() for _ in range(plan.batch)]
        allowed = [targets.allowed(scene.objects, plan.variant.grid) for scene in scenes]
        return np.stack([scene.pixels for scene in scenes]), np.stack(allowed)

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="scenes") as pool:
        ahead = deque(pool.submit(draw) for _ in range(min(BATCHES_AHEAD, plan.steps)))
        for number in range(plan.steps):
            if number + BATCHES_AHEAD < plan.steps:
                ahead.append(pool.submit(draw))
            yield ahead.popleft().result()
