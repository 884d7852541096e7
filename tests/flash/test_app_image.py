"""Images of bootloader and app are checked to the last byte, as esptool checks them."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutpoint.errors import UsageError
from host_tools.flash import AppImage
from tests.flash.built_files import image_bytes

GCC = "riscv64-unknown-elf-gcc"


def test_an_image_says_its_chip_flash_and_firmware() -> None:
    data = image_bytes("esp32s3", b"code" * 100, size_code=3)
    image = AppImage.parse(data + b"\xff" * 100, "app.bin")
    assert (image.chip.name, image.flash_bytes, image.size) == ("esp32s3", 8 << 20, len(data))
    assert image.description is not None
    assert (image.description.project, image.description.idf) == ("cutpoint", "v5.1.4")


def test_an_image_without_digest_is_taken() -> None:
    data = image_bytes(hashed=False)
    assert AppImage.parse(data, "app.bin").size == len(data)


@pytest.mark.parametrize("hashed", [True, False])
def test_any_flipped_bit_of_the_content_is_seen(hashed: bool) -> None:
    whole = image_bytes(payload=b"code" * 100, hashed=hashed)
    first = 0 if hashed else 32  # without a digest, only segments and their checksum are covered
    for bit in random.Random(2).sample(range(8 * first, 8 * len(whole)), 100):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        at_padding = not hashed and bit // 8 >= len(whole) - 16 and bit // 8 < len(whole) - 1
        if at_padding:
            continue
        with pytest.raises(UsageError):
            AppImage.parse(bytes(damaged), "app.bin")


def test_every_cut_off_image_is_refused() -> None:
    whole = image_bytes(payload=b"code" * 20)
    for size in range(len(whole)):
        with pytest.raises(UsageError, match=r"cut short|no ESP image"):
            AppImage.parse(whole[:size], "app.bin")


def test_a_foreign_file_is_called_that() -> None:
    with pytest.raises(UsageError, match="begins with 7f, not e9: this is no ESP image"):
        AppImage.parse(b"\x7fELF" + b"\0" * 100, "app.elf")
    strange = bytearray(image_bytes())
    struct.pack_into("<H", strange, 12, 777)
    with pytest.raises(UsageError, match="a chip with id 777"):
        AppImage.parse(bytes(strange), "app.bin")


@given(st.binary(max_size=300))
def test_garbage_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(UsageError):
        AppImage.parse(b"\xe9" + data, "app.bin")


def test_an_image_that_esptool_made_of_a_program_of_ours_is_whole(tmp_path: Path) -> None:
    if shutil.which(GCC) is None:
        pytest.skip(f"no {GCC} on this machine")
    source, elf, app = (tmp_path / name for name in ("app.c", "app.elf", "app.bin"))
    source.write_text("volatile int x; void _start(void) { for (;;) x++; }\n")
    flags = ["-march=rv32imc", "-mabi=ilp32", "-nostdlib", "-Wl,-Ttext=0x40380000", "-Wl,-Tdata=0x3fc80000"]
    subprocess.run([GCC, *flags, source, "-o", elf], check=True)
    esptool = [sys.executable, "-m", "esptool", "--chip", "esp32c3"]
    subprocess.run(
        [*esptool, "elf2image", "--flash-size", "4MB", "-o", app, elf], check=True, capture_output=True
    )
    image = AppImage.parse(app.read_bytes(), "app.bin")
    assert (image.chip.name, image.flash_bytes) == ("esp32c3", 4 << 20)
    assert image.size == app.stat().st_size
    seen = subprocess.run([*esptool, "image-info", app], check=True, capture_output=True, text=True).stdout
    assert "(valid)" in seen
    with pytest.raises(UsageError, match="cut short"):
        AppImage.parse(app.read_bytes()[:-1], "app.bin")
