"""Where the firmware's sources lie: the wheel has none."""

from __future__ import annotations

import os
from pathlib import Path

from cutpoint.errors import UsageError

ENVIRONMENT = "CUTPOINT_SOURCE"
FIRMWARE = Path("firmware/esp32")


def source_tree() -> Path:
    """The source tree: $CUTPOINT_SOURCE, the current folder or one above it, or the one this package runs from.

    Raises:
        UsageError: there is none.
    """
    named = os.environ.get(ENVIRONMENT)
    here = Path.cwd()
    places = [Path(named)] if named else [here, *here.parents, Path(__file__).resolve().parents[2]]
    for place in places:
        if (place / FIRMWARE / "CMakeLists.txt").is_file():
            return place
    where = f"${ENVIRONMENT} is {named}" if named else f"{here} and the folders above it"
    raise UsageError(
        f"no source tree of the firmware ({where}): clone Cutpoint's repository and run this in it, or flash a "
        "finished build with --build FOLDER"
    )
