"""Numbers with units."""

import pytest

from cutpoint.errors import UsageError
from host_tools.device.quantity import duration_us, rate_bps, share


@pytest.mark.parametrize(
    ("text", "bps"),
    [("60kbps", 60e3), ("2Mbps", 2e6), ("500B/s", 4000), ("20kB/s", 160e3), (".5 mbps", 5e5), ("1bps", 1)],
)
def test_a_rate_is_read_with_its_unit(text: str, bps: float) -> None:
    assert rate_bps(text) == bps


@pytest.mark.parametrize(
    ("text", "us"), [("250us", 250), ("40ms", 40e3), ("1.5s", 1.5e6), ("0ms", 0), ("3µs", 3)]
)
def test_a_time_is_read_with_its_unit(text: str, us: float) -> None:
    assert duration_us(text) == us


@pytest.mark.parametrize(("text", "value"), [("1%", 0.01), ("0.01", 0.01), ("0", 0), ("100%", 1)])
def test_a_share_is_read_with_or_without_per_cent(text: str, value: float) -> None:
    assert share(text) == value


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        (rate_bps, "60", "no unit"),
        (rate_bps, "60ms", "unit 'ms'"),
        (rate_bps, "0kbps", "not above zero"),
        (rate_bps, "-1kbps", "is not a rate"),
        (rate_bps, "nan", "is not a rate"),
        (duration_us, "40", "no unit"),
        (duration_us, "fast", "is not a time"),
        (duration_us, "-3ms", "is not a time"),
        (share, "101%", "above 1"),
        (share, "1ms", "unit 'ms'"),
        (duration_us, "9" * 400 + "s", "not finite"),
    ],
)
def test_what_cannot_be_read_is_named_with_an_example(read, text: str, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError, match=said):
        read(text)
