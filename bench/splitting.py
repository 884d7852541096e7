"""Plan, extract and verify every cut of the shipped FOMO model."""

from __future__ import annotations

from functools import partial
from time import perf_counter

import cutpoint
from bench.figure import Figure, Section, median_us
from cutpoint.graph import verify
from cutpoint.kernels import open_runner
from host_tools.shipped import shipped_bundle

COMMAND = "python -m bench splitting"


def measure(*, quick: bool) -> Section:
    """Time the whole, once; the baseline is running the whole model as often as verification runs heads and tails."""
    data = cutpoint.Bundle.open(shipped_bundle()).full
    began = perf_counter()
    model = cutpoint.load(data)
    loaded = perf_counter()
    halves = [model.split(cut.k) for cut in model.cuts]
    extracted = perf_counter()
    report = verify(model, runs=1)
    verified = perf_counter()
    if not report.ok:
        raise SystemExit(f"the shipped model does not verify at cut {report.broken}")
    names = [name for name, _ in report.cuts[0].differences]
    inputs = cutpoint.graph.random_inputs(model, 1, 0)[0]
    runs = 0.0
    for name in names:
        runner = open_runner(data, name)
        once = median_us(partial(runner.run, inputs), rounds=5, calls=3)
        runs += once * 1e-6 * len(model.cuts)
    return Section(
        "splitting",
        COMMAND,
        (
            Figure(
                f"load, extract and verify {len(halves)} cuts under {', '.join(names)}",
                verified - began,
                "s",
                target=10.0,
                baseline_name="the inferences alone",
                baseline=runs,
                detail=f"load {loaded - began:.3f} s, extract {extracted - loaded:.3f} s, "
                f"verify {verified - extracted:.3f} s",
            ),
        ),
    )
