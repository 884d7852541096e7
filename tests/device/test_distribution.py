"""Delays as random quantities."""

import numpy as np
import pytest

from cutpoint.errors import UsageError
from host_tools.device.distribution import Delay, Shape

DRAWS = 4000


def draws(text: str) -> np.ndarray:
    rng, delay = np.random.default_rng(7), Delay.parse(text)
    return np.array([delay.draw_us(rng) for _ in range(DRAWS)])


def test_none_is_always_zero() -> None:
    assert not draws("none").any()


def test_static_is_always_its_time() -> None:
    assert set(draws("static:40ms")) == {40_000.0}


def test_a_bare_time_means_static() -> None:
    assert Delay.parse("40ms") == Delay(Shape.STATIC, 40_000)


def test_gaussian_has_its_mean_and_deviation() -> None:
    values = draws("gaussian:40ms:10ms")
    assert values.mean() == pytest.approx(40_000, rel=0.02)
    assert values.std() == pytest.approx(10_000, rel=0.05)


def test_gaussian_is_clipped_at_zero() -> None:
    values = draws("gaussian:1ms:10ms")
    assert values.min() == 0.0
    assert (values == 0).mean() == pytest.approx(0.46, abs=0.03)


def test_uniform_stays_between_its_ends() -> None:
    values = draws("uniform:10ms:50ms")
    assert values.min() >= 10_000
    assert values.max() < 50_000
    assert values.mean() == pytest.approx(30_000, rel=0.03)


def test_exponential_has_its_mean_and_a_deviation_like_it() -> None:
    values = draws("exponential:20ms")
    assert values.mean() == pytest.approx(20_000, rel=0.05)
    assert values.std() == pytest.approx(20_000, rel=0.07)


def test_the_same_seed_draws_the_same() -> None:
    assert (draws("gaussian:40ms:10ms") == draws("gaussian:40ms:10ms")).all()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("normal:1ms:1ms", "known are none, static, gaussian, uniform, exponential"),
        ("gaussian:40ms", "write it as gaussian:mean:deviation"),
        ("none:1ms", "write it as none"),
        ("uniform:5ms:1ms", "ends before it begins"),
        ("static:soon", "is not a time"),
        ("", "known are"),
    ],
)
def test_a_delay_that_cannot_be_read_says_how_to_write_it(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Delay.parse(text)
