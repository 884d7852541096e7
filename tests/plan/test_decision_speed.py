"""What a decision over 59 layers takes, against a yardstick that the same machine runs in the same moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random

import numpy as np
import pytest

from cutpoint.plan import LinkSample, NetworkShape, Observation, Planner

LAYERS = 59
ROUNDS = 400
MOST_YARDSTICKS = 3.0


def yardstick() -> float:
    """Work of a decision's sort and size: small arrays in numpy, small objects in Python. 100 us on a PC of 2020."""
    figures = np.arange(1.0, 120.0)
    total = 0.0
    for _ in range(20):
        total += float(np.where(figures > 3.0, figures * 1.1, np.inf).min())
    return total + sum(value / 3.0 for value in figures.tolist() * 5)


def took(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


@pytest.mark.parametrize("policy", ["latency", "sciot", "privacy:3", "fixed:5"])
@pytest.mark.parametrize("load", [1.0, 40.0])
def test_a_decision_over_59_layers_takes_a_few_yardsticks(policy: str, load: float) -> None:
    random = Random(0)
    shape = NetworkShape(
        tuple(random.randrange(500_000) for _ in range(LAYERS)),
        tuple(random.randrange(400, 110_000) for _ in range(LAYERS + 1)),
        input_is_picture=True,
        kinds=tuple(random.choice(("CONV_2D", "DEPTHWISE_CONV_2D", "ADD")) for _ in range(LAYERS)),
    )
    planner = Planner(shape, policy, seed=0, codecs=("raw", "bitmap"))
    planner.edge.load = load
    decisions, yardsticks = [], []
    for _ in range(ROUNDS):
        sample = LinkSample(random.gauss(20_000, 1_000), 400, random.choice((2_344, 4_660)), 60)
        planner.observe(
            Observation(
                30, operators_us=[random.gauss(1_000, 30) for _ in range(30)], edge_us=300, link=sample
            )
        )
        # Side by side, so that both see the same clock speed and the same neighbours; the best of many of each.
        decisions.append(took(planner.decide))
        yardsticks.append(took(yardstick))
    assert min(decisions) < MOST_YARDSTICKS * min(yardsticks), (
        f"{1e6 * min(decisions):.0f} us, yardstick {1e6 * min(yardsticks):.0f} us"
    )
