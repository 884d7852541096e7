"""docs/device.md says what the profiles and links say."""

from pathlib import Path

import pytest

from cutpoint.codec import CodecId
from host_tools.device import Link, Profile
from host_tools.device.coding_time import INSTRUCTIONS_PER_BYTE

PAGE = (Path(__file__).parents[2] / "docs" / "device.md").read_text(encoding="utf-8")
BOARDS = ("esp32", "esp32-s3", "esp32-c3")


def row(name: str) -> list[str]:
    """The cells of the first table row that begins with `name`."""
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("clock, MHz", "clock.mhz"),
        ("cycles per MAC, 1x1 convolution", "cycles_per_mac.conv_pointwise"),
        ("cycles per MAC, other convolutions", "cycles_per_mac.conv"),
        ("cycles per MAC, depthwise", "cycles_per_mac.depthwise"),
        ("cycles per MAC, fully connected", "cycles_per_mac.fully_connected"),
        ("cycles per output byte, the rest", "elementwise.cycles_per_output_byte"),
        ("overhead per operator, us", "overhead.operator_us"),
        ("jitter (lognormal sigma)", "jitter.sigma"),
        ("cycles per instruction of rv32imc", "coding.cycles_per_instruction"),
        ("arena, bytes", "memory.arena_bytes"),
    ],
)
def test_the_table_of_profiles_has_the_figures_of_the_profiles(name: str, path: str) -> None:
    table, _, field = path.partition(".")
    figures = [getattr(getattr(Profile.load(board), table), field) for board in BOARDS]
    assert [float(cell.replace(",", "")) for cell in row(name)[:3]] == figures


def test_the_table_of_currents_has_the_figures_of_the_profiles() -> None:
    currents = [Profile.load(board).current for board in BOARDS]
    cells = row("current: CPU, receive, transmit, mA at 3.3 V")
    assert cells[:3] == [f"{c.cpu_ma:g}, {c.rx_ma:g}, {c.tx_ma:g}" for c in currents if c is not None]


@pytest.mark.parametrize("name", Link.presets())
def test_every_preset_of_a_link_is_described(name: str) -> None:
    link = Link.preset(name)
    rates = [
        "no limit" if way.rate_bps is None else f"{way.rate_bps / (1e6 if way.rate_bps >= 1e6 else 1e3):g}"
        for way in (link.up, link.down)
    ]
    cells = row(f"`{name}`")
    assert all(rate in cells[0] for rate in rates)
    assert link.up.delay.shape in cells[1]
    assert cells[2].removesuffix(" %") == f"{100 * link.up.loss:g}"


def test_the_table_of_codecs_has_the_instructions_that_are_modelled() -> None:
    assert row("codec") == [f"`{codec.name.lower()}`" for codec in CodecId]
    assert [float(cell) for cell in row("instructions")] == [
        INSTRUCTIONS_PER_BYTE[codec] for codec in CodecId
    ]


def test_every_profile_is_described() -> None:
    assert all(f"`{name}`" in PAGE for name in Profile.names())
