"""One decision over 59 layers."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from time import perf_counter_ns

import numpy as np

from bench.figure import Figure, Section, median_us
from cutpoint.plan import LinkSample, NetworkShape, Observation, Planner, sciot

COMMAND = "python -m bench planning"
LAYERS = 59


def measure(*, quick: bool) -> Section:
    """Time a decision after an observation, and that; SCIoT's formula over the same layers is the baseline."""
    rounds, calls = (5, 50) if quick else (31, 200)
    rng = np.random.default_rng(0)
    macs = tuple(int(value) for value in rng.integers(10_000, 500_000, LAYERS))
    cut_bytes = tuple(int(value) for value in rng.integers(500, 100_000, LAYERS + 1))
    shape = NetworkShape(macs, cut_bytes, input_is_picture=True)
    planner = Planner(shape, "latency", seed=0, codecs=("raw", "bitmap"))

    def observe() -> None:
        planner.observe(
            Observation(
                30,
                "raw",
                [float(value) / 20 for value in macs[:30]],
                edge_us=700.0,
                link=LinkSample(round_trip_us=30_000, edge_us=900, bytes_up=cut_bytes[30], bytes_down=64),
            )
        )

    for _ in range(20):
        observe()
        planner.decide()
    device_s, edge_s = [value / 20e6 for value in macs], [value / 2e9 for value in macs]
    layer_bytes = [float(value) for value in cut_bytes[1:]]
    # A decision always follows an observation, and pays for what that made stale.
    seen = median_us(observe, rounds=rounds, calls=calls)
    decide = statistics.median(decided_us(observe, planner) for _ in range(rounds * calls // 10))
    formula = median_us(
        lambda: sciot.choose(device_s, edge_s, layer_bytes, 125_000.0), rounds=rounds, calls=calls
    )
    return Section(
        "planning",
        COMMAND,
        (
            Figure(
                f"decision over {LAYERS} layers, two codecs",
                decide,
                "us",
                target=200.0,
                baseline_name="SCIoT's formula over the same layers",
                baseline=formula,
                detail="costs of every row, policy, exploration, deadline and the sentence that says why",
            ),
            Figure("observation of 30 operators and a link sample", seen, "us"),
        ),
    )


def decided_us(observe: Callable[[], None], planner: Planner) -> float:
    """Microseconds of one decision on something new."""
    observe()
    start = perf_counter_ns()
    planner.decide()
    return (perf_counter_ns() - start) / 1000
