"""What a board and this PC both know is the same: packets, energy figures, a picture; and what docs/console.md says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cutpoint import _core
from host_tools.device.energy import Busy, energy_uj
from host_tools.device.profile import Profile
from host_tools.hil.packet import picture_packet
from host_tools.provision.improv import Packet, PacketReader, wifi_command

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "console.md").read_text()
DEVICE = ROOT / "firmware" / "device"


@given(kind=st.integers(0, 255), data=st.binary(max_size=255))
def test_improv_packets_of_the_board_and_of_the_pc_are_the_same(kind: int, data: bytes) -> None:
    packet = _core.improv_packet(kind, data)
    assert Packet(kind, data).encode() == packet + b"\n"
    assert _core.read_improv(packet) == (kind, data)
    assert [(read.kind, read.data) for read in PacketReader().push(packet)] == [(kind, data)]


@given(packet=st.binary(max_size=300))
def test_what_is_no_improv_packet_is_none(packet: bytes) -> None:
    read = _core.read_improv(packet)
    assert read is None or _core.improv_packet(*read) == packet


def test_the_command_with_the_network_is_one_that_the_board_can_read() -> None:
    packet = wifi_command("net", "hunter2hunter2").encode()[:-1]
    read = _core.read_improv(packet)
    assert read is not None
    assert read[1] == b"\x01\x13\x03net\x0ehunter2hunter2"


@given(data=st.binary(max_size=4096))
def test_picture_packets_of_the_board_and_of_the_pc_are_the_same(data: bytes) -> None:
    assert picture_packet([np.frombuffer(data, np.uint8)]) == _core.picture_packet_head(data) + data


@pytest.mark.parametrize("chip", ["esp32", "esp32-s3", "esp32-c3"])
def test_a_board_models_its_energy_with_the_profiles_figures_and_formula(chip: str) -> None:
    current = Profile.load(chip).current
    assert current is not None
    assert _core.chip_currents(chip) == (current.cpu_ma, current.rx_ma, current.tx_ma, current.volts)
    for compute_us, transmit_us, total_us in [
        (0, 0, 0),
        (1000, 20, 1500),
        (38_000, 9_000, 250_000),
        (500, 0, 100),
    ]:
        busy = Busy.of(compute_us=compute_us, transmit_us=transmit_us, total_us=total_us)
        assert _core.modelled_energy_uj(chip, compute_us, transmit_us, total_us) == energy_uj(current, busy)


def test_every_profile_with_currents_is_known_to_the_firmware_and_no_other_chip_is() -> None:
    for path in (ROOT / "host_tools" / "device" / "profiles").glob("*.toml"):
        if Profile.load(path.stem).current is not None:
            assert _core.chip_currents(path.stem) is not None
    assert _core.chip_currents("esp8266") is None


def test_the_picture_linked_in_is_the_models_first_scene() -> None:
    linked = Image.open(ROOT / "firmware" / "esp32" / "main" / "board" / "digits.ppm")
    scene = Image.open(ROOT / "models" / "fomo_digits_64" / "pictures" / "scene-000.webp").convert("RGB")
    assert linked.tobytes() == scene.tobytes()


@pytest.mark.parametrize(
    "line",
    ["status now", "cut banana", "cut -1", "bench 0", "bench -1", "set", "get a b", "x" * 400, "\x00\x01"],
)
def test_a_line_that_is_no_command_is_refused_in_printable_words(line: str) -> None:
    why = _core.console_refusal(line)
    assert why is not None
    assert why.isprintable()


@given(value=st.text(st.characters(codec="ascii", categories=("L", "N", "P")), min_size=6, max_size=100))
def test_the_value_of_set_is_in_no_refusal(value: str) -> None:
    why = _core.console_refusal(f"set wifi_pass {value}")
    assert why is None or value not in why


def test_the_page_lists_every_command_as_help_does() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| (.+?) \|$", _section("Commands"), re.MULTILINE)
    assert [form.replace("\\|", "|") for form, _ in rows] == [form for _, form, _ in _core.console_help()]


def test_the_page_names_every_machine_line_and_field_of_the_firmware() -> None:
    source = (DEVICE / "report" / "lines.cc").read_text()
    section = _section("Lines for machines")
    events = set(re.findall(r'EventLine line\("(\w+)"', source)) | {"note"}
    assert events == set(re.findall(r"^\| `@(\w+)` ", section, re.MULTILINE))
    fields = set(re.findall(r'\.(?:text|number|number_signed|truth|hex)\("(\w+)"', source))
    fields |= set(re.findall(r'put\((?:line\.)?json(?:\(\))?, "(\w+)"', source))
    names = re.search(r"names\[kGauges\] = \{(.*?)\}", source, re.DOTALL)
    assert names is not None
    fields |= set(re.findall(r'"(\w+)"', names[1]))
    missing = {field for field in fields if f"`{field}`" not in section}
    assert not missing, f"docs/console.md, Lines for machines, lacks {sorted(missing)}"


def test_the_page_has_the_rules_of_lives_with_their_figures() -> None:
    source = (DEVICE / "life" / "life.h").read_text()
    found = re.findall(r"constexpr \w+ (k\w+) = ([\d']+);", source)
    figures = {name: int(value.replace("'", "")) for name, value in found}
    section = _section("Lives")
    assert f"{figures['kEarlyDeathsToSafeMode']} lives" in section.replace("Five", "5").replace("five", "5")
    assert f"{figures['kSettleOnlineUs'] // 1_000_000} s" in section
    assert f"{figures['kSettleOfflineUs'] // 1_000_000} s" in section
    assert f"{figures['kSafeModeUs'] // 1_000_000} s" in section
    assert f"{figures['kAppTrialUs'] // 1_000_000} s" in section


def test_the_page_names_every_reason_of_a_reset() -> None:
    names = re.findall(r'return "([^"]+)";', (DEVICE / "life" / "reset_cause.cc").read_text())
    section = _section("Lives")
    assert not [name for name in names if name not in section]


def test_examples_of_machine_lines_are_json() -> None:
    examples = re.findall(r"^@\w+ (\{.*\})$", PAGE, re.MULTILINE)
    assert examples
    for example in examples:
        json.loads(example)


def _section(title: str) -> str:
    match = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert match is not None, f"docs/console.md has no section {title}"
    return match[1]
