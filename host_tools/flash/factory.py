"""Files for those who flash without Cutpoint: factory.bin, and the parts with an ESP Web Tools manifest.

factory.bin is written to address 0 by any tool and leaves a board as new: settings and boot counter are blank. The
manifest (esphome.github.io/esp-web-tools) names the parts one by one, so that an update from a browser keeps both.
Neither ever holds settings.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from cutpoint.errors import UsageError
from host_tools.flash.build_folder import Build
from host_tools.flash.plan import SETTINGS_LABEL, FlashPlan

FACTORY_NAME = "factory.bin"
MANIFEST_NAME = "manifest.json"
IMPROV_WAIT_S = 15
"""How long a browser waits for Improv after an installation: the first boot with Wi-Fi takes a few seconds."""


def write_factory(plan: FlashPlan, build: Build, folder: Path, version: str) -> list[Path]:
    """Write factory.bin, each part, and manifest.json into a folder, which is made where it is missing.

    Raises:
        UsageError: the plan holds settings, or the folder cannot be written.
    """
    if any(part.secret for part in plan.parts):
        raise UsageError(
            "--factory writes files that are passed on, and --nvs holds secrets; give settings to each board with "
            "cutpoint provision --port, or make them per board with --batch"
        )
    named = [(f"{part.name.replace(' ', '-')}.bin", part) for part in plan.parts]
    files: dict[str, bytes] = {name: part.data for name, part in named}
    files[FACTORY_NAME] = plan.merged()
    offsets = [(name, part.address) for name, part in named]
    files[MANIFEST_NAME] = manifest(build, offsets, version).encode()
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            write_whole(folder / name, data)
            written.append(folder / name)
    except OSError as error:
        raise UsageError(f"cannot write {error.filename}: {error.strerror}") from error
    return written


def manifest(build: Build, offsets: list[tuple[str, int]], version: str) -> str:
    """The manifest as JSON text: one build, its parts by file name and address."""
    project = build.app_image.description
    assert SETTINGS_LABEL not in [name for name, _ in offsets]
    return (
        json.dumps(
            {
                "name": "Cutpoint",
                "version": version if project is None else project.version,
                "new_install_prompt_erase": True,
                "new_install_improv_wait_time": IMPROV_WAIT_S,
                "builds": [
                    {
                        "chipFamily": build.chip.title,
                        "improv": True,
                        "parts": [{"path": name, "offset": address} for name, address in offsets],
                    }
                ],
            },
            indent=2,
        )
        + "\n"
    )


def write_whole(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file so that it is there whole or not at all; `mode` holds from its first byte on."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(
            os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode), "wb"
        ) as file:
            file.write(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
