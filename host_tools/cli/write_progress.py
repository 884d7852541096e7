"""A bar for each part that is being written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import TaskID

from host_tools.cli.output import errors, progress
from host_tools.flash import FlashPlan, Part
from host_tools.flash.writing import Progress


@contextmanager
def shown_progress(plan: FlashPlan) -> Iterator[Progress]:
    """What `write_plan` tells, as bars in bytes on a terminal; elsewhere a line for each part that is done."""
    with progress() as bars:
        tasks: dict[str, TaskID] = {
            part.name: bars.add_task(part.name, total=len(part.data)) for part in plan.parts
        }
        done: set[str] = set()

        def told(part: Part, share: float) -> None:
            bars.update(tasks[part.name], completed=int(share * len(part.data)))
            if share >= 1 and part.name not in done:
                done.add(part.name)
                if not errors.is_terminal:
                    errors.say(f"{part.name}: {len(part.data):,} B at {part.address:#x}")

        yield told
