"""`make soak`: the whole rig for as long as one likes, with a server of our own whose memory must not grow."""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

from cutpoint.errors import CutpointError
from host_tools.cli.output import console
from host_tools.load.report import sentences, show
from host_tools.load.run import LoadPlan, run
from host_tools.load.scenario import Scenario
from host_tools.load.shard import Progress
from host_tools.shipped import SMALL_FOMO, shipped_bundle

TELL_EVERY_S = 30.0
MOST_GROWTH = 1.25
"""Resident memory at the end over that of the server's first half minute after its last start; more is a leak."""


def main() -> int:
    """0 when the invariant held and the server's memory stayed, 1 when not, 2 when the rig could not run."""
    parser = argparse.ArgumentParser(prog="python -m host_tools.load.soak", description=__doc__)
    parser.add_argument("--duration", type=float, default=3600.0, help="seconds")
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--rate", type=float, default=0.5, help="pictures a second of each device")
    parser.add_argument("--scenario", default="soak", help="soak, short, or a TOML file")
    parser.add_argument("--plot", type=Path, default=Path("soak.png"))
    options = parser.parse_args()
    stopped = threading.Event()
    told_s = -TELL_EVERY_S

    def tell(now_s: float, news: Progress) -> None:
        nonlocal told_s
        if now_s - told_s >= TELL_EVERY_S:
            told_s = now_s
            console.say(
                f"{now_s:7.0f} s: {news.online:,} online, {news.asked:,} asked, {news.by['edge']:,} by edge, "
                f"{news.by['device']:,} by device, {news.violations} violations"
            )

    try:
        plan = LoadPlan(
            shipped_bundle(SMALL_FOMO),
            devices=options.devices,
            rate_per_s=options.rate,
            duration_s=options.duration,
            serve=(),
            keepalive_s=6,
            scenario=Scenario.named(options.scenario),
        )
        report = run(plan, tell, stopped)
    except CutpointError as error:
        console.say(f"error: {error}")
        return 2
    show(report, console)
    for sentence in sentences(report):
        console.say(sentence)
    grown = report.server["grown"]
    if grown > MOST_GROWTH:
        console.say(
            f"the server's memory grew by {100 * (grown - 1):.0f} %, more than {100 * (MOST_GROWTH - 1):.0f} %"
        )
    if options.plot is not None:
        from host_tools.load.plot import draw

        draw(report, options.plot)
    return 0 if report.ok and grown <= MOST_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
