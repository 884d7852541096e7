"""`python -m bench.load_step`: 50 simulated devices and a step in load, drawn as docs/load-step.png."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import matplotlib

from bench.simulated_fleet import Fleet, N, mixed

matplotlib.use("Agg")

PICTURE = Path(__file__).parents[1] / "docs" / "load-step.png"
UP_S, DOWN_S, END_S = 20.0, 80.0, 140.0
USUAL, BUSY = 0.1, 0.65
TARGET = 0.7


def background(at_s: float) -> float:
    """Share of the capacity that jobs take which never move: a step up, and down again."""
    return BUSY if UP_S <= at_s < DOWN_S else USUAL


def draw(priced: Fleet, unpriced: Fleet, path: Path) -> None:
    """Utilisation, price, wait and cuts over time, as PNG."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(4, 1, figsize=(9, 9), sharex=True, layout="constrained")
    at = [moment.at_s for moment in priced.moments]
    for fleet, name, colour in ((unpriced, "no price", "#b5541c"), (priced, "priced", "#3b6fb6")):
        times = [moment.at_s for moment in fleet.moments]
        axes[0].plot(times, [100 * moment.utilisation for moment in fleet.moments], color=colour, label=name)
        axes[2].plot(times, [moment.wait_us / 1e3 for moment in fleet.moments], color=colour, label=name)
    axes[0].axhline(100 * TARGET, color="#555555", linestyle=":", label="target")
    axes[0].set_ylabel("runners busy, %")
    axes[0].set_ylim(0, 105)
    axes[0].legend(loc="lower right", ncols=3)
    axes[1].plot(at, [moment.price for moment in priced.moments], color="#3b6fb6")
    axes[1].set_yscale("log")
    axes[1].set_ylabel("price of edge compute")
    axes[2].set_ylabel("wait for a runner, ms")
    axes[2].set_yscale("symlog", linthresh=1.0)
    axes[2].set_ylim(bottom=0)
    axes[2].legend(loc="upper right")
    counts = [Counter(moment.cuts) for moment in priced.moments]
    seen = sorted({cut for count in counts for cut in count})
    names = {0: "cut 0: all on the edge", N: f"cut {N}: all on the device"}
    axes[3].stackplot(
        at,
        [[count[cut] for count in counts] for cut in seen],
        labels=[names.get(cut, f"cut {cut}") for cut in seen],
    )
    axes[3].set_ylabel("devices at each cut")
    axes[3].set_xlabel("seconds")
    axes[3].legend(loc="center right")
    for panel in axes:
        panel.axvspan(UP_S, DOWN_S, color="#000000", alpha=0.06)
    figure.suptitle(
        f"{len(priced.devices)} devices, 4 runners; in the shaded time others take {100 * BUSY:.0f} % of "
        f"the edge, else {100 * USUAL:.0f} %"
    )
    figure.savefig(path, dpi=110)


def main() -> None:
    """Simulate twice, with the price and without, and draw both."""
    fleets = [Fleet(mixed(), background, priced=priced).run(END_S) for priced in (True, False)]
    draw(fleets[0], fleets[1], PICTURE)
    print(f"wrote {PICTURE}")


if __name__ == "__main__":
    main()
