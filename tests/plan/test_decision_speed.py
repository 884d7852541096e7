"""A decision over 59 layers takes at most 0.2 ms."""

from __future__ import annotations

import time
from random import Random

import pytest

from cutpoint.plan import LinkSample, NetworkShape, Observation, Planner

LAYERS = 59


@pytest.mark.parametrize("policy", ["latency", "sciot", "privacy:3", "fixed:5"])
def test_a_decision_over_59_layers_takes_at_most_a_fifth_of_a_millisecond(policy: str) -> None:
    random = Random(0)
    shape = NetworkShape(
        tuple(random.randrange(500_000) for _ in range(LAYERS)),
        tuple(random.randrange(400, 110_000) for _ in range(LAYERS + 1)),
        input_is_picture=True,
        kinds=tuple(random.choice(("CONV_2D", "DEPTHWISE_CONV_2D", "ADD")) for _ in range(LAYERS)),
    )
    planner = Planner(shape, policy, seed=0, codecs=("raw", "bitmap"))
    took = []
    for _ in range(400):
        sample = LinkSample(random.gauss(20_000, 1_000), 400, random.choice((2_344, 4_660)), 60)
        planner.observe(
            Observation(
                30, operators_us=[random.gauss(1_000, 30) for _ in range(30)], edge_us=300, link=sample
            )
        )
        begin = time.perf_counter()
        planner.decide()
        took.append(time.perf_counter() - begin)
    # The best of many: what the code takes, not what else this machine was doing.
    assert min(took) < 200e-6
