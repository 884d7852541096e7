"""`cutpoint flash`: firmware, model and settings onto a board, or into files."""

from __future__ import annotations

import secrets
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from cutpoint.errors import UsageError
from host_tools.cli.app import app
from host_tools.cli.board_options import Baud, BuildFolder, Env, Port, one_build
from host_tools.cli.options import Json
from host_tools.cli.output import console, errors, print_json
from host_tools.cli.write_progress import shown_progress
from host_tools.flash import (
    DEFAULT_BAUD,
    Board,
    Build,
    Esptool,
    FlashPlan,
    find_board,
    flash_bytes,
    plan_firmware,
    plan_model,
    read_build,
    read_settings,
    read_table,
    size_words,
    slot_image_of,
    slots_in_use,
    targets,
    write_factory,
    write_plan,
    write_whole,
)
from host_tools.toolchain import find_build, find_environment, source_tree


@app.command(
    epilog="Examples:  cutpoint flash --env esp32dev --model fomo.cut --nvs nvs.bin   |   "
    "cutpoint flash --model fomo.cut   |   "
    "cutpoint flash --env esp32-qemu --model fomo.cut --nvs nvs.bin --dry-run --image flash.bin",
)
def flash(
    env: Env = None,
    build: BuildFolder = None,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="BUNDLE",
            help="Bundle (NAME.cut) for the model slot. Alone, it swaps the model and nothing else.",
        ),
    ] = None,
    on_board: Annotated[
        int | None,
        typer.Option(min=0, help="Operators on board, K; all of the bundle's device model by default."),
    ] = None,
    nvs: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Settings image of cutpoint provision --out.")
    ] = None,
    port: Port = None,
    baud: Baud = DEFAULT_BAUD,
    erase: Annotated[
        bool,
        typer.Option("--erase", help="Blank the whole flash before: settings, boot counter and all."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print addresses, sizes and hashes; needs no board.")
    ] = False,
    image: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="With --dry-run: write the complete image of the flash, for an emulator."
        ),
    ] = None,
    flash_size: Annotated[
        str | None, typer.Option(metavar="4MB|8MB|16MB", help="Size of the flash; the build's by default.")
    ] = None,
    factory: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write factory.bin, all parts and an ESP Web Tools manifest.json; needs no board.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Write bootloader, partition table, app, settings and model to a board; each is verified.

    Everything is checked before anything is written: chip, sizes, checksums, slots. `--model` alone swaps the model of
    a board that runs already, and keeps the old one to return to.
    """
    if image is not None and not dry_run:
        raise UsageError("--image writes a file instead of a board; say so with --dry-run")
    if factory is not None and (image is not None or port is not None or erase):
        raise UsageError("--factory writes files and nothing else: leave out --image, --port and --erase")
    if on_board is not None and model is None:
        raise UsageError("--on-board is about a model; name its bundle with --model")
    size = None if flash_size is None else flash_bytes(flash_size)
    if model is not None and not any((env, build, nvs, image, factory, size, erase)):
        swap_model(model, on_board, port, baud, dry_run=dry_run, json=json)
        return
    built = read_build(build_folder(env, build))
    plan = plan_firmware(
        built,
        model=None if model is None else (slot_image_of(model, on_board), str(model)),
        settings=None if nvs is None else read_settings(nvs),
        flash_size=size,
    )
    if factory is not None:
        written = write_factory(plan, built, factory, version("cutpoint"))
        show(plan, built, None, files=written, json=json)
        return
    if dry_run:
        if image is not None:
            save(image, plan.image(), secret=nvs is not None)
        show(plan, built, None, files=[image] if image is not None else [], json=json)
        return
    esptool = Esptool.find()
    board = find_board(esptool, port, built.chip)
    show(plan, built, board, files=[], json=json)
    write(esptool, board, plan, baud, erase=erase)


def swap_model(
    model: Path, on_board: int | None, port: str | None, baud: int, *, dry_run: bool, json: bool
) -> None:
    """Write a model to the slot that the board does not use; it is tried at the next start."""
    slot = slot_image_of(model, on_board, stamp=0 if dry_run else 1 + secrets.randbelow(2**32 - 1))
    if dry_run:
        built = read_build(build_folder(None, None))
        plan = plan_model(built.table, slot, str(model), targets(None), built.flash_bytes)
        note = "a board that runs already gets it in the slot that it does not use, model or spare"
        show(replace(plan, notes=(note,)), built, None, files=[], json=json)
        return
    esptool = Esptool.find()
    board = find_board(esptool, port, None)
    table = read_table(esptool, board)
    labels = targets(slots_in_use(esptool, board, table))
    plan = plan_model(table, slot, str(model), labels, board.flash_bytes or table.end)
    show(plan, None, board, files=[], json=json)
    write(esptool, board, plan, baud)


def build_folder(env: str | None, build: Path | None) -> Path:
    """The folder that --build names, else the build of --env, else the only one in the source tree.

    Raises:
        UsageError: there is none, what is missing is named; or both options name one.
    """
    one_build(env, build)
    if build is not None:
        return build
    tree = source_tree()
    if env is not None:
        find_environment(tree, env)
    return find_build(tree, env)


def write(esptool: Esptool, board: Board, plan: FlashPlan, baud: int, *, erase: bool = False) -> None:
    """Write with a bar for each part, and say that it is done."""
    with shown_progress(plan) as progress:
        write_plan(esptool, board, plan, baud=baud, erase=erase, progress=progress)
    errors.say(
        f"written and verified: {plan.total_bytes:,} B in {len(plan.parts)} parts; the board restarts. "
        f"Watch it: cutpoint monitor --serial {board.port}"
    )
    if erase:
        errors.say(
            "the boot counter begins anew, so an edge server with a key for this device refuses its frames as old: "
            "give it a new key (cutpoint provision --keys FILE --new-key)"
        )


def save(path: Path, data: bytes, *, secret: bool) -> None:
    """Write an image; one that holds settings for its owner alone."""
    try:
        write_whole(path, data, 0o600 if secret else 0o644)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def show(plan: FlashPlan, built: Build | None, board: Board | None, *, files: list[Path], json: bool) -> None:
    """The plan as a table or as JSON: where each part goes, its size, its SHA-256."""
    if json:
        print_json(
            {
                "chip": None if plan.chip is None else plan.chip.name,
                "flash_bytes": plan.flash_bytes,
                "build": None if built is None else built.folder,
                "board": board,
                "parts": [
                    {
                        "name": part.name,
                        "address": part.address,
                        "bytes": len(part.data),
                        "room": part.room,
                        "sha256": part.sha256,
                        "source": part.source,
                    }
                    for part in plan.parts
                ],
                "notes": plan.notes,
                "files": files,
            }
        )
        return
    if built is not None:
        app_of = built.app_image.description
        named = "" if app_of is None else f", {app_of.project} {app_of.version} on ESP-IDF {app_of.idf}"
        console.say(
            f"{built.folder} ({built.made_by}): {built.chip}, {size_words(plan.flash_bytes)} of flash{named}"
        )
    if board is not None:
        console.say(str(board))
    # Lines instead of a table: a hash that is folded cannot be compared or searched for.
    for part in plan.parts:
        size = f"{len(part.data):,} of {part.room:,} B"
        hash_ = part.sha256 or "(secret)"
        console.say(f"{part.address:#010x}  {size:<24} {part.name:<16} {hash_:<64}  {Path(part.source).name}")
    for note in plan.notes:
        console.say(f"note: {note}")
    for path in files:
        console.say(f"wrote {path}")
