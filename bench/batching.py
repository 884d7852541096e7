"""Batching against no batching: what one invocation of B jobs saves against B invocations, by tail; and its picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns, thread_time_ns

import numpy as np

from bench.edge import BLOCK_4
from bench.figure import Figure
from cutpoint.errors import KernelsError
from cutpoint.graph import Bundle
from cutpoint.kernels import Kernels, Runner, open_runner
from edge_server.backend.interpreters import joined, random_array

PICTURE = Path(__file__).parents[1] / "docs" / "batching.png"
KERNELS: tuple[Kernels, ...] = ("reference", "xnnpack")
SIZES = (1, 2, 4, 8, 16)
EIGHT = 8
LEAST_ROUNDS = 5
TAIL_S = 2.0
COLOURS = ("#8fb8de", "#3b6fb6", "#e0a030", "#b5541c")


@dataclass(frozen=True, slots=True)
class TailCost:
    """Microseconds of one invocation by the number of jobs in it."""

    kernels: Kernels
    cut: int
    by_size_us: dict[int, float]

    def gain(self, size: int) -> float:
        """How many times cheaper a job is in a batch of this size."""
        return size * self.by_size_us[1] / self.by_size_us[size]


def gains(bundle: Bundle, *, quick: bool) -> list[Figure]:
    """Measure, draw unless `quick`, and give the figures of the tail at block 4 and of the best one."""
    cuts = sorted({0, 5, 11, BLOCK_4, bundle.n - 4, bundle.n - 1})
    costs = [
        cost
        for kernels in KERNELS
        for cut in cuts
        if (cost := _cost(bundle, cut, kernels, TAIL_S / 10 if quick else TAIL_S)) is not None
    ]
    if not quick:
        draw(costs, bundle.n, PICTURE)
    figures = []
    for kernels in KERNELS:
        ours = [cost for cost in costs if cost.kernels == kernels and EIGHT in cost.by_size_us]
        block = next(cost for cost in ours if cost.cut == BLOCK_4)
        best = max(ours, key=lambda cost: cost.gain(EIGHT))
        figures.append(
            Figure(
                f"batch of {EIGHT} at block 4, {kernels} tail",
                block.by_size_us[EIGHT] / EIGHT,
                "us a job",
                baseline_name="alone",
                baseline=block.by_size_us[1],
                detail=f"{block.gain(EIGHT):.2f} times cheaper; the best tail is that of cut {best.cut} with "
                f"{best.gain(EIGHT):.2f} times (docs/batching.png)",
            )
        )
    return figures


def draw(costs: list[TailCost], operators: int, path: Path) -> None:
    """Gain by tail and batch size, a panel for each kind of kernels; above each group what a job costs alone."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(len(KERNELS), 1, figsize=(9.0, 7.4), layout="constrained")
    for axes, kernels in zip(panels, KERNELS, strict=True):
        ours = [cost for cost in costs if cost.kernels == kernels]
        width = 0.8 / len(SIZES[1:])
        for number, size in enumerate(SIZES[1:]):
            places = [
                place + (number - 1.5) * width for place, cost in enumerate(ours) if size in cost.by_size_us
            ]
            heights = [cost.gain(size) for cost in ours if size in cost.by_size_us]
            axes.bar(places, heights, width, color=COLOURS[number], label=f"batch of {size}")
        top = max(cost.gain(size) for cost in ours for size in cost.by_size_us)
        for place, cost in enumerate(ours):
            most = max(cost.gain(size) for size in cost.by_size_us)
            axes.text(
                place, most + top * 0.02, f"{cost.by_size_us[1]:,.0f} us alone", ha="center", fontsize=8
            )
        axes.axhline(1.0, color="#555555", linewidth=0.8)
        axes.set_ylim(0, top * 1.14)
        axes.set_xticks(range(len(ours)), [f"cut {cost.cut}" for cost in ours])
        axes.set_ylabel("times cheaper a job")
        axes.set_title(f"{kernels} tails: operators [cut, {operators})", fontsize=10, loc="left")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(SIZES) - 1, fontsize=9)
    figure.savefig(path, dpi=120, format="png")
    pyplot.close(figure)


def _cost(bundle: Bundle, cut: int, kernels: Kernels, seconds: float) -> TailCost | None:
    """The least of many rounds, the sizes taken in turn: processor time, since others use the machine too."""
    tail, rng = bundle.model().split(cut)[1], np.random.default_rng(cut)
    runners: dict[int, Runner] = {}
    for size in SIZES:
        try:
            runners[size] = (
                open_runner(tail, kernels) if size == 1 else open_runner(tail, kernels, batch=size)
            )
        except KernelsError:
            break
    if not runners:
        return None
    samples = [
        [random_array(spec.shape, spec.dtype, rng) for spec in runners[1].inputs] for _ in range(max(runners))
    ]
    given = {size: joined(samples[:size]) for size in runners}
    best = dict.fromkeys(runners, float("inf"))
    rounds, end_ns = 0, perf_counter_ns() + int(1e9 * seconds)
    while rounds < LEAST_ROUNDS or perf_counter_ns() < end_ns:
        rounds += 1
        for size, runner in runners.items():
            began = thread_time_ns()
            runner.run(given[size])
            best[size] = min(best[size], (thread_time_ns() - began) / 1000)
    return TailCost(kernels, cut, best)
