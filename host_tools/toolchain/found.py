"""Finished builds of a source tree, whichever tool made them."""

from __future__ import annotations

from pathlib import Path

from cutpoint.errors import UsageError
from host_tools.flash import FLASHER_ARGS, PIO_APP
from host_tools.toolchain.source_tree import FIRMWARE

PIO_BUILDS = Path(".pio/build")
IDF_BUILDS = Path("build/firmware")
PLAIN_IDF_BUILD = FIRMWARE / "build"


def find_build(tree: Path, environment: str | None) -> Path:
    """The folder of the newest finished build of an environment; of the only one where none is named.

    `idf.py -C firmware/esp32 build` leaves its build in a folder without a name; it counts where no environment is
    named.

    Raises:
        UsageError: nothing has been built, or more than one environment has.
    """
    if environment is not None:
        found = [
            folder for base in (PIO_BUILDS, IDF_BUILDS) if _finished(folder := tree / base / environment)
        ]
        if not found:
            raise UsageError(
                f"nothing has been built for {environment} yet: {tree / PIO_BUILDS / environment} and "
                f"{tree / IDF_BUILDS / environment} hold no finished build. Missing are bootloader, "
                f"partition table and app; make them with: cutpoint build --env {environment}"
            )
        return max(found, key=_age)
    found = [
        folder
        for base in (PIO_BUILDS, IDF_BUILDS)
        for folder in sorted((tree / base).glob("*"))
        if _finished(folder)
    ]
    if _finished(tree / PLAIN_IDF_BUILD):
        found.append(tree / PLAIN_IDF_BUILD)
    if not found:
        raise UsageError(
            f"nothing has been built yet: there is no finished build in {tree / PIO_BUILDS}, {tree / IDF_BUILDS} or "
            f"{tree / PLAIN_IDF_BUILD}. Missing are bootloader, partition table and app; make them with: "
            "cutpoint build --env esp32dev, or name a build's folder with --build"
        )
    if len({folder.name for folder in found}) > 1:
        listed = ", ".join(str(folder.relative_to(tree)) for folder in found)
        raise UsageError(f"there is more than one build ({listed}); say which with --env or --build")
    return max(found, key=_age)


def _finished(folder: Path) -> bool:
    return (folder / PIO_APP).is_file() or (folder / FLASHER_ARGS).is_file()


def _age(folder: Path) -> float:
    return max(
        (folder / name).stat().st_mtime for name in (PIO_APP, FLASHER_ARGS) if (folder / name).is_file()
    )
