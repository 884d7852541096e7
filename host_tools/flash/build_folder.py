"""What a build left behind: of idf.py (flasher_args.json) or of PlatformIO (firmware.bin, partitions.bin)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from cutpoint.errors import UsageError
from host_tools.flash.app_image import AppImage
from host_tools.flash.chips import Chip, chip_named
from host_tools.flash.partition_table import TABLE_ADDRESS, PartitionTable
from host_tools.flash.sizes import flash_bytes

FLASHER_ARGS = "flasher_args.json"
PIO_APP, PIO_TABLE, PIO_BOOTLOADER, PIO_OTADATA = (
    "firmware.bin",
    "partitions.bin",
    "bootloader.bin",
    "ota_data_initial.bin",
)
MOST_FILE_BYTES = 128 << 20


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """One file of a build and the address that the build wants it at."""

    name: str
    path: Path
    address: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Build:
    """A finished build, read and checked: every image is whole and for one chip.

    `flash_bytes` is the flash that it was built for; `otadata` is None where a build left that to be blank.
    """

    folder: Path
    made_by: str
    chip: Chip
    flash_bytes: int
    bootloader: BuiltFile
    table_file: BuiltFile
    table: PartitionTable
    app: BuiltFile
    app_image: AppImage
    otadata: BuiltFile | None
    others: tuple[BuiltFile, ...] = ()


def read_build(folder: Path) -> Build:
    """Read a build folder of either tool.

    Raises:
        UsageError: nothing has been built there, a file is missing or damaged, or the files contradict each other.
    """
    # PlatformIO runs ESP-IDF's CMake too, so its folder has a flasher_args.json that names files which it never makes.
    if (folder / PIO_APP).is_file() or (folder / PIO_TABLE).is_file():
        return _platformio(folder)
    if (folder / FLASHER_ARGS).is_file():
        return _idf(folder)
    raise UsageError(
        f"{folder} is no finished build: it has neither {FLASHER_ARGS} (idf.py) nor {PIO_APP} (PlatformIO); "
        "build first: cutpoint build --env esp32dev"
    )


def _idf(folder: Path) -> Build:
    path = folder / FLASHER_ARGS
    try:
        args = json.loads(read_file(path))
        files = {int(str(at), 0): str(name) for at, name in args["flash_files"].items()}
        roles = {
            role: int(str(args[role]["offset"]), 0)
            for role in ("bootloader", "partition-table", "app", "otadata")
            if role in args
        }
        chip = chip_named(str(args["extra_esptool_args"]["chip"]))
        size = str(args["flash_settings"]["flash_size"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path} is not what idf.py writes ({type(error).__name__}: {error}); build again"
        ) from error
    for role in ("bootloader", "partition-table", "app"):
        if role not in roles:
            raise UsageError(f"{path} names no {role}; build the whole project: cutpoint build --with idf")

    def take(role: str) -> BuiltFile:
        at = roles[role]
        if at not in files:
            raise UsageError(f"{path} puts {role} at {at:#x} but names no file there; build again")
        where = folder / files.pop(at)
        return BuiltFile(role, where, at, read_file(where))

    bootloader, table, app = take("bootloader"), take("partition-table"), take("app")
    otadata = take("otadata") if "otadata" in roles else None
    # "detect" leaves it to whoever writes the image.
    bytes_ = None if size == "detect" else flash_bytes(size)
    others = tuple(
        BuiltFile(Path(name).stem, folder / name, at, read_file(folder / name))
        for at, name in sorted(files.items())
    )
    return _checked(
        folder,
        "idf.py",
        bootloader,
        table,
        app,
        otadata,
        others,
        chip,
        bytes_,
    )


def _platformio(folder: Path) -> Build:
    app = BuiltFile("app", folder / PIO_APP, 0, read_file(folder / PIO_APP))
    image = AppImage.parse(app.data, str(app.path))
    table_path = folder / PIO_TABLE
    table = BuiltFile("partition-table", table_path, TABLE_ADDRESS, read_file(table_path))
    first = PartitionTable.parse(table.data, str(table_path)).first_app
    app = BuiltFile("app", app.path, first.address, app.data)
    where = folder / PIO_BOOTLOADER
    bootloader = BuiltFile("bootloader", where, image.chip.bootloader, read_file(where))
    otadata = None
    if (folder / PIO_OTADATA).is_file():
        at = PartitionTable.parse(table.data, str(table_path)).otadata
        if at is not None:
            path = folder / PIO_OTADATA
            otadata = BuiltFile("otadata", path, at.address, read_file(path))
    return _checked(folder, "PlatformIO", bootloader, table, app, otadata, (), image.chip, None)


def _checked(
    folder: Path,
    made_by: str,
    bootloader: BuiltFile,
    table_file: BuiltFile,
    app: BuiltFile,
    otadata: BuiltFile | None,
    others: tuple[BuiltFile, ...],
    chip: Chip,
    size: int | None,
) -> Build:
    table = PartitionTable.parse(table_file.data, str(table_file.path))
    boot_image = AppImage.parse(bootloader.data, str(bootloader.path))
    app_image = AppImage.parse(app.data, str(app.path))
    for image, built in ((boot_image, bootloader), (app_image, app)):
        if image.chip != chip:
            raise UsageError(
                f"{built.path} is for {image.chip}, but the build is for {chip}; build again from clean"
            )
    if bootloader.address != chip.bootloader:
        raise UsageError(
            f"{folder} puts the bootloader at {bootloader.address:#x}; {chip} looks for it at {chip.bootloader:#x}"
        )
    if size is None:
        size = boot_image.flash_bytes
    if size is None:
        raise UsageError(
            f"{bootloader.path} does not say for which flash size it is; name it with --flash-size"
        )
    return Build(folder, made_by, chip, size, bootloader, table_file, table, app, app_image, otadata, others)


def read_file(path: Path) -> bytes:
    """All bytes of a file.

    Raises:
        UsageError: it cannot be read, is empty, or larger than any flash.
    """
    try:
        if path.stat().st_size > MOST_FILE_BYTES:
            raise UsageError(f"{path} is larger than any flash chip; this is not the file that is meant")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise UsageError(f"{path} does not exist; the build is not finished: cutpoint build") from error
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    if not data:
        raise UsageError(f"{path} is empty; the build is not finished: cutpoint build")
    return data
