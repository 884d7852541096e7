"""The extra `board` is optional: without it every other command works, and these say what to install."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.flash.built_files import ROOT, idf_build

WITHOUT = (
    "import sys\n"
    "class Gone:\n"
    "    def find_spec(self, name, path=None, target=None):\n"
    "        if name.split('.')[0] in {'serial', 'esp_idf_nvs_partition_gen', 'esptool'}:\n"
    "            raise ImportError(name)\n"
    "sys.meta_path.insert(0, Gone())\n"
    "from host_tools.cli import main\n"
    "sys.argv[0] = 'cutpoint'\n"
    "main()\n"
)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["provision", "--list"], 0, "wifi_ssid"),
        (["provision", "--broker", "mqtt://h", "--out", "{tmp}/n.bin"], 2, "pip install 'cutpoint[board]'"),
        (
            ["monitor", "--serial", "/dev/ttyUSB0"],
            2,
            "serial lines need pyserial: pip install 'cutpoint[board]'",
        ),
        (["flash", "--build", "{tmp}/build", "--dry-run"], 0, "bootloader"),
    ],
)
def test_without_the_extra(tmp_path: Path, arguments: list[str], code: int, sentence: str) -> None:
    idf_build(tmp_path / "build")
    words = [word.replace("{tmp}", str(tmp_path)) for word in arguments]
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == code
    assert sentence in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
