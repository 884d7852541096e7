"""Links by name and by settings."""

import pytest

from cutpoint.errors import UsageError
from host_tools.device.distribution import Delay
from host_tools.device.link import Link


@pytest.mark.parametrize("name", Link.presets())
def test_every_preset_loads_and_names_its_source(name: str) -> None:
    link = Link.parse(name)
    assert link.name == name
    assert len(link.source) > 10


def test_lte_m_sends_60_kilobits_in_a_second() -> None:
    assert Link.parse("lte-m").up.serialisation_us(7500) == 1e6


def test_settings_alone_describe_both_directions() -> None:
    link = Link.parse("rate=60kbps,delay=gaussian:40ms:10ms,loss=1%,compute=static:5ms")
    assert link.up == link.down
    assert link.up.rate_bps == 60_000
    assert link.up.delay == Delay.parse("gaussian:40ms:10ms")
    assert link.up.compute == Delay.parse("static:5ms")
    assert link.up.loss == 0.01


def test_settings_override_a_preset() -> None:
    link = Link.parse("lte-m,loss=2%")
    assert (link.up.loss, link.up.rate_bps) == (0.02, 60_000)


def test_one_direction_can_be_set_alone_whatever_the_order() -> None:
    link = Link.parse("down.rate=1Mbps,rate=60kbps")
    assert (link.up.rate_bps, link.down.rate_bps) == (60_000, 1_000_000)


def test_a_rate_can_be_taken_away() -> None:
    assert Link.parse("lte-m,rate=none").up.serialisation_us(10**6) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lte", "known are none, ethernet, wifi-good"),
        ("lte-m,loss", "is no setting"),
        ("lte-m,,loss=1%", "empty part"),
        ("rate=60kbps,lte-m", "preset comes first"),
        ("lte-m,speed=1kbps", "unknown key 'speed'"),
        ("lte-m,left.rate=1kbps", "unknown key 'left.rate'"),
        ("lte-m,.rate=1kbps", "unknown key '.rate'"),
        ("loss=1%,loss=2%", "twice"),
        ("loss=200%", "above 1"),
        ("rate=fast", "is not a rate"),
        ("", "empty part"),
    ],
)
def test_a_link_that_cannot_be_read_says_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Link.parse(text)
