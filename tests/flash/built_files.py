"""Small files of the kinds that a build leaves behind, made from their documented formats."""

from __future__ import annotations

import csv
import hashlib
import json
import struct
from pathlib import Path

ROOT = Path(__file__).parents[2]
TYPES = {"app": 0, "data": 1}
SUBTYPES = {
    "ota": 0x00,
    "phy": 0x01,
    "nvs": 0x02,
    "coredump": 0x03,
    "factory": 0x00,
    "ota_0": 0x10,
    "ota_1": 0x11,
}
CHIP_IDS = {"esp32": 0, "esp32c3": 5, "esp32s3": 9}
BOOTLOADERS = {"esp32": 0x1000, "esp32c3": 0, "esp32s3": 0}


def rows_of(size: str = "4MB") -> list[tuple[str, int, int, int, int]]:
    """Label, type, subtype, offset, size of the shipped partition tables."""
    text = (ROOT / f"firmware/esp32/partitions/{size}.csv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    rows = []
    for row in csv.reader(lines, skipinitialspace=True):
        label, kind, subtype, offset, length = (field.strip() for field in row[:5])
        number = SUBTYPES[subtype] if subtype in SUBTYPES else int(subtype, 0)
        rows.append((label, TYPES[kind], number, int(offset, 0), int(length, 0)))
    return rows


def table_bytes(rows: list[tuple[str, int, int, int, int]], md5: bool = True) -> bytes:
    data = b"".join(
        b"\xaa\x50" + struct.pack("<BBII16sI", kind, subtype, offset, size, label.encode(), 0)
        for label, kind, subtype, offset, size in rows
    )
    if md5:
        data += b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(data).digest()
    return data.ljust(0xC00, b"\xff")


def image_bytes(chip: str = "esp32", payload: bytes = b"", size_code: int = 2, hashed: bool = True) -> bytes:
    """An image of one segment: an app's description, then the payload."""
    description = struct.pack(
        "<II8x32s32s16s16s32s", 0xABCD5432, 0, b"0.2.0", b"cutpoint", b"", b"", b"v5.1.4"
    )
    segment = description + payload
    segment += b"\0" * (-len(segment) % 4)
    data = struct.pack(
        "<BBBBI4xHBHH4xB", 0xE9, 1, 2, size_code << 4, 0x40080000, CHIP_IDS[chip], 0, 0, 0, int(hashed)
    )
    data += struct.pack("<II", 0x3F400020, len(segment)) + segment
    checksum = 0xEF
    for byte in segment:
        checksum ^= byte
    data += b"\0" * (15 - len(data) % 16) + bytes([checksum])
    return data + hashlib.sha256(data).digest() if hashed else data


def idf_build(folder: Path, chip: str = "esp32", size: str = "4MB", payload: bytes = b"app" * 500) -> Path:
    """A build folder as idf.py leaves it."""
    size_code = {"4MB": 2, "8MB": 3, "16MB": 4}[size]
    for name in ("bootloader", "partition_table"):
        (folder / name).mkdir(parents=True)
    rows = rows_of(size)
    (folder / "bootloader/bootloader.bin").write_bytes(image_bytes(chip, b"second stage", size_code))
    (folder / "partition_table/partition-table.bin").write_bytes(table_bytes(rows))
    (folder / "cutpoint.bin").write_bytes(image_bytes(chip, payload, size_code))
    (folder / "ota_data_initial.bin").write_bytes(b"\xff" * 0x2000)
    at = {label: offset for label, _, _, offset, _ in rows}
    boot = BOOTLOADERS[chip]
    files = {
        hex(boot): "bootloader/bootloader.bin",
        hex(at["ota_0"]): "cutpoint.bin",
        "0x8000": "partition_table/partition-table.bin",
        hex(at["otadata"]): "ota_data_initial.bin",
    }
    by_offset = {name: offset for offset, name in files.items()}

    def role(name: str) -> dict[str, str]:
        return {"offset": by_offset[name], "file": name, "encrypted": "false"}

    arguments = {
        "write_flash_args": ["--flash_mode", "dio", "--flash_size", size, "--flash_freq", "40m"],
        "flash_settings": {"flash_mode": "dio", "flash_size": size, "flash_freq": "40m"},
        "flash_files": files,
        "bootloader": role("bootloader/bootloader.bin"),
        "app": role("cutpoint.bin"),
        "partition-table": role("partition_table/partition-table.bin"),
        "otadata": role("ota_data_initial.bin"),
        "extra_esptool_args": {"after": "hard_reset", "before": "default_reset", "stub": True, "chip": chip},
    }
    (folder / "flasher_args.json").write_text(json.dumps(arguments))
    return folder


def pio_build(folder: Path, chip: str = "esp32", size: str = "4MB") -> Path:
    """A build folder as PlatformIO leaves it; its flasher_args.json names files that are not there."""
    folder.mkdir(parents=True)
    size_code = {"4MB": 2, "8MB": 3, "16MB": 4}[size]
    (folder / "bootloader.bin").write_bytes(image_bytes(chip, b"second stage", size_code))
    (folder / "partitions.bin").write_bytes(table_bytes(rows_of(size)))
    (folder / "firmware.bin").write_bytes(image_bytes(chip, b"app" * 500, size_code))
    (folder / "flasher_args.json").write_text('{"flash_files": {"0x1000": "bootloader/bootloader.bin"}}')
    return folder


def nvs_bytes(size: int = 0x10000) -> bytes:
    """The head of an NVS partition, enough to be taken for one."""
    return (b"\xfe\xff\xff\xff\0\0\0\0\xfe" + b"\xff" * 32).ljust(size, b"\xff")
