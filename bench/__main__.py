"""`make bench`, or `python -m bench [SECTION ...]`: measure, print a table, write bench/results.json.

With `--update` the sections that were named take the place of theirs in bench/results.json, and the others stay.
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from rich.console import Console

from bench.figure import Section, replace_sections, show, write
from bench.readme import rewrite

SECTIONS = ("frames", "planning", "splitting", "stream", "overlap", "codecs", "edge", "load")
APART = ("scaling", "actors")
"""Measured by name only: several servers, a Ray cluster. Their figures have no targets and stand in docs/scaling.md."""
RESULTS = Path(__file__).with_name("results.json")
ROOT = Path(__file__).parents[1]


def main() -> None:
    """Run the named sections, or all of `SECTIONS`; results are written only when all were run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "sections",
        nargs="*",
        choices=[*SECTIONS, *APART, []],
        help=f"what to measure; by default {', '.join(SECTIONS)}",
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds, for a look; writes no results")
    parser.add_argument(
        "--update", action="store_true", help="keep the figures of the sections that are not named"
    )
    options = parser.parse_args()
    if options.quick and options.update:
        parser.error("a quick look writes no results; leave out --quick or --update")
    names = options.sections or SECTIONS
    done: list[Section] = []
    console = Console()
    for name in names:
        console.print(f"measuring {name} ...", highlight=False)
        done.append(importlib.import_module(f"bench.{name}").measure(quick=options.quick))
    show(done, console)
    if options.update and not set(names) & set(APART):
        replace_sections(done, RESULTS)
    elif not options.quick and tuple(names) == SECTIONS:
        write(done, RESULTS)
    else:
        return
    rewrite(ROOT, RESULTS)
    console.print(f"wrote {RESULTS} and the tables in README.md and docs", highlight=False)


if __name__ == "__main__":
    main()
