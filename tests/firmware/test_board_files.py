"""sdkconfig fragments, Kconfig, platformio.ini and the component manifest: complete, legal, and used."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from board_files import (
    ENVIRONMENTS,
    ESP32,
    ROOT,
    board_file,
    board_head,
    board_values,
    fragment,
    manifest,
    option,
    platformio,
    sources,
)

FACTS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "sdkconfig_facts.toml").read_text())
CHIP_OF = {"esp32": "esp32", "esp32s3": "esp32s3", "esp32c3": "esp32c3"}
# GPIO numbers that exist, and those that only read. Technical reference manuals, chapter IO MUX.
PINS = {
    "esp32": ({*range(0, 24), *range(25, 28), *range(32, 40)}, {34, 35, 36, 37, 38, 39}),
    "esp32s3": ({*range(0, 22), *range(26, 49)}, set()),
    "esp32c3": ({*range(0, 22)}, set()),
}
# Pins of the flash, and with octal PSRAM of that.
FLASH_PINS = {
    "esp32": set(range(6, 12)),
    "esp32s3": {*range(26, 33), *range(33, 38)},
    "esp32c3": set(range(12, 18)),
}
CAMERA_INPUTS = {*(f"CAMERA_D{i}" for i in range(8)), "CAMERA_VSYNC", "CAMERA_HREF", "CAMERA_PCLK"}

environments = pytest.mark.parametrize("environment", ENVIRONMENTS)


def chip(environment: str) -> str:
    return board_values(environment)["IDF_TARGET"].strip('"')


def declared() -> dict[str, dict[str, str]]:
    """Options of main/Kconfig.projbuild: name -> kind, default, least and most."""
    text = (ESP32 / "main" / "Kconfig.projbuild").read_text()
    options: dict[str, dict[str, str]] = {}
    for block in re.split(r"^(?:config|choice) ", text, flags=re.MULTILINE)[1:]:
        name = block.split()[0]
        kind = re.search(r"^    (bool|int|string)\b", block, re.MULTILINE)
        if kind is None:
            continue  # the choice itself
        options[name] = {"kind": kind[1]}
        if default := re.search(r"^    default (\S+)", block, re.MULTILINE):
            options[name]["default"] = default[1]
    return options


def pins(environment: str) -> dict[str, int]:
    """Pins that the board connects, by their option without CUTPOINT_."""
    return {
        name.removeprefix("CUTPOINT_"): int(value)
        for name, value in board_values(environment).items()
        if re.match(r"CUTPOINT_(CAMERA_|I2C_|LED_GPIO)", name) and re.fullmatch(r"\d+", value)
    }


def known(environment: str) -> set[str]:
    kinds = ("all", chip(environment), board_head(environment)["net"])
    return {name for table in FACTS.values() for kind in kinds for name in table.get(kind, ())}


def test_there_is_one_file_for_each_environment() -> None:
    assert {path.stem for path in (ESP32 / "boards").iterdir()} == set(ENVIRONMENTS)


@environments
def test_every_option_exists_for_the_boards_chip_and_network(environment: str) -> None:
    options = {name for name in board_values(environment) if not name.startswith("CUTPOINT_")}
    assert options - known(environment) == set()


@environments
def test_every_value_is_legal(environment: str) -> None:
    numbers = {name: span for table in FACTS["int"].values() for name, span in table.items()}
    strings = set(FACTS["string"]["all"])
    for name, value in board_values(environment).items():
        if name.startswith("CUTPOINT_"):
            continue
        if name in numbers:
            assert numbers[name][0] <= int(value) <= numbers[name][1], name
        elif name in strings:
            assert re.fullmatch(r'"[^"]+"', value), name
        else:
            assert value in ("y", "n"), name


@environments
def test_a_board_states_chip_name_network_and_camera(environment: str) -> None:
    values, head = board_values(environment), board_head(environment)
    assert values["CUTPOINT_BOARD"] == f'"{environment}"'
    assert chip(environment) in CHIP_OF
    assert head["net"] in ("wifi", "openeth", "ethernet")
    assert head.get("camera", "on") == "on"
    assert any(name.startswith("ESP_DEFAULT_CPU_FREQ_MHZ_") for name in values)


@environments
def test_our_own_options_are_declared_with_the_kind_they_are_given(environment: str) -> None:
    options = declared()
    for name, value in board_values(environment).items():
        if name.startswith("CUTPOINT_"):
            legal = {"bool": r"[yn]", "int": r"-?\d+", "string": r'"[^"]*"'}[options[name]["kind"]]
            assert re.fullmatch(legal, value), name


@environments
def test_pins_exist_are_free_and_are_used_once(environment: str) -> None:
    used, of = pins(environment), chip(environment)
    exist, read_only = PINS[of]
    for name, pin in used.items():
        assert pin in exist, f"{name}: the {of} has no GPIO {pin}"
        assert pin not in FLASH_PINS[of], f"{name}: GPIO {pin} belongs to flash or PSRAM"
        assert pin not in read_only or name in CAMERA_INPUTS, f"{name}: GPIO {pin} only reads"
    assert len(set(used.values())) == len(used)


@environments
def test_a_board_with_a_camera_names_every_line_of_it(environment: str) -> None:
    lines = {name for name in pins(environment) if name.startswith("CAMERA_")}
    needed = CAMERA_INPUTS | {"CAMERA_XCLK", "CAMERA_SIOD", "CAMERA_SIOC"}
    if board_head(environment).get("camera") == "on":
        assert needed <= lines
        assert board_values(environment)["SPIRAM"] == "y"
    else:
        assert not lines


def test_the_emulators_board_needs_no_wifi_and_no_psram() -> None:
    assert board_head("esp32-qemu") == {"net": "openeth"}
    assert not [name for name in board_values("esp32-qemu") if "WIFI" in name or "SPIRAM" in name]


def test_the_common_file_holds_what_updates_and_updates_undone_need() -> None:
    values = fragment(ESP32 / "sdkconfig.defaults")
    assert values["BOOTLOADER_APP_ROLLBACK_ENABLE"] == "y"
    assert values["ESP_TASK_WDT_PANIC"] == "y"
    assert not [name for name in values if "WIFI" in name], "a build for Ethernet has no Wi-Fi options"


def test_every_option_that_the_code_asks_for_is_declared_and_every_declared_one_is_asked_for() -> None:
    texts = [path.read_text() for path in sources("esp32", "tflm", "device")]
    texts += [path.read_text() for path in ESP32.rglob("CMakeLists.txt")]
    asked = {name for text in texts for name in re.findall(r"\bCONFIG_(CUTPOINT_\w+)", text)}
    assert asked == set(declared())


def test_the_engine_is_one_of_three_and_chosen_for_each_model_unless_a_build_says_otherwise() -> None:
    text = (ESP32 / "main" / "Kconfig.projbuild").read_text()
    choice = text[text.index("choice CUTPOINT_ENGINE\n") : text.index("endchoice")]
    assert set(re.findall(r"^config (\w+)$", choice, re.MULTILINE)) == {
        "CUTPOINT_ENGINE_AUTO",
        "CUTPOINT_ENGINE_STREAM",
        "CUTPOINT_ENGINE_TFLM",
    }
    assert re.findall(r"^    default (\w+)$", choice, re.MULTILINE) == ["CUTPOINT_ENGINE_AUTO"]


@environments
def test_no_board_file_takes_an_engine_away(environment: str) -> None:
    """What runs a model is settled at run time: by PSRAM that was found, not by PSRAM that was configured."""
    assert not [name for name in board_values(environment) if name.startswith("CUTPOINT_ENGINE_")]


def test_an_engine_that_is_not_built_has_no_object() -> None:
    """The linker leaves out what nobody refers to; one reference would bring the engine back, 300 KB of it for TFLM."""
    text = (ESP32 / "main" / "engine" / "chosen_engine.h").read_text()
    assert re.search(r"#if !CONFIG_CUTPOINT_ENGINE_STREAM\n  LoadedModel \w+;\n#endif", text)
    assert re.search(r"#if !CONFIG_CUTPOINT_ENGINE_TFLM\n  LoadedPlan \w+;\n#endif", text)
    users = {
        path.name for path in sources("esp32") if re.search(r"\b(LoadedModel|LoadedPlan)\b", path.read_text())
    }
    assert users == {
        "loaded_model.h",
        "loaded_model.cc",
        "loaded_plan.h",
        "loaded_plan.cc",
        "chosen_engine.h",
    }


def test_no_network_name_password_or_address_is_built_in() -> None:
    """One binary fits all: what tells one board from another is in NVS."""
    secret = re.compile(r"CONFIG_\w*(SSID|PASSWORD|PASSPHRASE|BROKER|URI)\b")
    for path in [*sources("esp32"), *(ESP32 / "boards").iterdir(), ESP32 / "sdkconfig.defaults"]:
        assert not secret.search(path.read_text()), path.name


def test_platformio_has_the_environments_and_builds_the_same_tree() -> None:
    ini = platformio()
    assert {name.removeprefix("env:") for name in ini.sections() if name.startswith("env:")} == set(
        ENVIRONMENTS
    )
    assert (ROOT / ini["platformio"]["src_dir"] / "CMakeLists.txt").is_file()
    assert ini["platformio"]["default_envs"] in ENVIRONMENTS
    assert "firmware/esp32/CMakeLists.txt" in (ROOT / "CMakeLists.txt").read_text()


def test_the_platform_is_pinned_by_a_release() -> None:
    pinned = r"https://github\.com/pioarduino/platform-espressif32/releases/download/[\d.]+/platform-espressif32\.zip"
    assert re.fullmatch(pinned, platformio()["env"]["platform"])


@environments
def test_an_environment_chooses_its_board_file_and_a_board_of_its_chip(environment: str) -> None:
    assert option(environment, "framework") == "espidf"
    assert option(environment, "board_build.cmake_extra_args") == f"-DCUTPOINT_BOARD={environment}"
    names = {"esp32": r"esp32(dev|cam)", "esp32s3": r"esp32-s3-.*", "esp32c3": r"esp32-c3-.*"}
    assert re.fullmatch(names[chip(environment)], option(environment, "board"))


def test_the_manifest_names_what_does_not_come_with_the_sdk() -> None:
    entries = manifest()
    assert set(entries) == {
        "idf",
        "espressif/esp-tflite-micro",
        "espressif/esp-nn",
        "espressif/mqtt",
        "espressif/esp32-camera",
    }
    assert entries["idf"] == {"version": ">=5.1"}
    for name, entry in entries.items():
        assert re.fullmatch(r"(>=|\^)\d+(\.\d+)*", entry["version"]), name
    assert entries["espressif/mqtt"]["if"] == "idf_version >=6.0"
    cameras = {
        chip(environment) for environment in ENVIRONMENTS if board_head(environment).get("camera") == "on"
    }
    assert set(re.findall(r"esp32\w*", entries["espressif/esp32-camera"]["if"])) >= cameras
    assert entries["espressif/esp32-camera"]["require"] == "no"


def test_a_build_for_ethernet_asks_for_no_wifi_component() -> None:
    """Requirements are resolved before Kconfig, so the one place that names them has to choose by the variable."""
    text = (ESP32 / "main" / "CMakeLists.txt").read_text()
    always = text[text.index("set(requires") : text.index(")", text.index("set(requires"))]
    assert not re.search(r"esp_wifi|esp_phy|wpa_supplicant|esp32-camera", always)
    assert re.search(r'if\(cutpoint_net STREQUAL "wifi"\)\s+list\(APPEND requires esp_wifi\)', text)
    assert re.search(r"if\(cutpoint_camera\)\s+list\(APPEND requires esp32-camera ", text)


def test_every_fragment_is_read_whole() -> None:
    for path in (ESP32 / "sdkconfig.defaults", *map(board_file, ENVIRONMENTS)):
        assert fragment(path)


@pytest.mark.parametrize("line", ["CONFIG_A = y", "A=y", "#CONFIG_A is not set", "CONFIG_A=y\nCONFIG_A=n"])
def test_a_line_that_kconfig_would_skip_is_refused(line: str, tmp_path: Path) -> None:
    path = tmp_path / "fragment"
    path.write_text(line)
    with pytest.raises(ValueError, match="fragment:"):
        fragment(path)


def test_no_memory_is_asked_for_by_new() -> None:
    """Without exceptions a failing `new` ends in abort() on ESP-IDF, nothrow or not; `new (where) T` is allowed."""
    allocating = re.compile(
        r"\bnew\s*\(\s*std::nothrow|\bnew\s+(?!\()[\w:]|\bmake_(?:unique|shared)\b|\bstd::(?:vector|string)\b"
    )
    asks = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sources("core", "device", "tflm", "esp32")
        for line in path.read_text().splitlines()
        if allocating.search(re.sub(r'//.*|"[^"]*"', "", line))
    ]
    assert not asks
