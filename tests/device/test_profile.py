"""Board profiles: figures with sources, and the published times that they are anchored on."""

from pathlib import Path

import numpy as np
import pytest

from cutpoint.errors import UsageError
from host_tools.device.profile import Profile
from host_tools.device.workload import Workload

BOARDS = [name for name in Profile.names() if name != "host"]
PERSON_DETECTION_MS = {"esp32": 380, "esp32-s3": 54, "esp32-c3": 426}
"""With ESP-NN, esp-tflite-micro README."""


def person_detection() -> list[Workload]:
    """MobileNetV1 0.25, 96x96x1, two classes: the model behind the published times."""
    work = [Workload.of("CONV_2D", 48 * 48 * 9 * 8, 48 * 48 * 8, (8, 3, 3, 1))]
    side, channels = 48, 8
    for out, stride in [
        (16, 1),
        (32, 2),
        (32, 1),
        (64, 2),
        (64, 1),
        (128, 2),
        *[(128, 1)] * 5,
        (256, 2),
        (256, 1),
    ]:
        side //= stride
        cells = side * side
        work.append(
            Workload.of("DEPTHWISE_CONV_2D", cells * channels * 9, cells * channels, (1, 3, 3, channels))
        )
        work.append(Workload.of("CONV_2D", cells * channels * out, cells * out, (out, 1, 1, channels)))
        channels = out
    work.append(Workload.of("AVERAGE_POOL_2D", 0, 256))
    work.append(Workload.of("CONV_2D", 512, 2, (2, 1, 1, 256)))
    work.append(Workload.of("RESHAPE", 0, 2))
    work.append(Workload.of("SOFTMAX", 0, 2))
    return work


def test_the_reference_network_has_the_published_multiply_accumulates() -> None:
    assert sum(work.macs for work in person_detection()) == pytest.approx(7.16e6, rel=0.001)


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_takes_its_published_time_for_person_detection(name: str) -> None:
    profile = Profile.load(name)
    total_ms = sum(profile.operator_us(work) for work in person_detection()) / 1000
    assert total_ms == pytest.approx(PERSON_DETECTION_MS[name], rel=0.002)


@pytest.mark.parametrize("name", BOARDS)
def test_every_table_of_a_board_names_its_source_and_basis(name: str) -> None:
    profile = Profile.load(name)
    for table in (
        "clock",
        "cycles_per_mac",
        "elementwise",
        "overhead",
        "coding",
        "jitter",
        "memory",
        "current",
        "wake",
    ):
        assert getattr(profile, table).source
        assert getattr(profile, table).basis


def test_the_host_models_nothing() -> None:
    host = Profile.load("host")
    assert not host.modelled
    assert host.memory is None
    assert host.current is None


def test_jitter_spreads_around_the_time_and_repeats_by_seed() -> None:
    profile = Profile.load("esp32")
    draws = [profile.jittered(10_000, np.random.default_rng(seed)) for seed in range(500)]
    assert np.mean(draws) == pytest.approx(10_000, rel=0.005)
    assert np.std(draws) == pytest.approx(100, rel=0.2)
    assert profile.jittered(10_000, np.random.default_rng(3)) == draws[3]


def test_a_pointwise_convolution_is_told_from_a_wider_one() -> None:
    assert Workload.of("CONV_2D", 1, 1, (8, 1, 1, 4)).kind == "conv_pointwise"
    assert Workload.of("CONV_2D", 1, 1, (8, 1, 3, 4)).kind == "conv"


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="known are esp32, esp32-c3, esp32-s3, host"):
        Profile.load("esp8266")


def test_a_profile_loads_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "my_board.toml"
    path.write_text('chip = "x"\ntitle = "mine"\n')
    assert Profile.load(path).name == "my-board"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("chip = ", "not valid TOML"),
        ('chip = "x"\n', "title: Field required"),
        ('chip = "x"\ntitle = "y"\nspeed = 3\n', "speed: Extra inputs"),
        ('chip = "x"\ntitle = "y"\n[clock]\nmhz = 1\nbasis = "assumed"\n', "clock.source: Field required"),
        (
            'chip = "x"\ntitle = "y"\n[clock]\nmhz = 0\nbasis = "assumed"\nsource = "assumed here"\n',
            "clock.mhz",
        ),
        (
            'chip = "x"\ntitle = "y"\n[clock]\nmhz = 1\nbasis = "assumed"\nsource = "assumed here"\n',
            "needs the tables cycles_per_mac, elementwise, overhead",
        ),
        (
            'chip = "x"\ntitle = "y"\n[coding]\ncycles_per_instruction = 1\nbasis = "assumed"\n'
            'source = "assumed here"\n',
            "coding needs modelled times",
        ),
    ],
)
def test_a_wrong_profile_says_where_it_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "board.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        Profile.load(path)


def test_a_missing_profile_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        Profile.load(tmp_path / "none.toml")


@pytest.mark.parametrize("mhz", [1e-300, 1e-9])
@pytest.mark.parametrize("jitter", [True, False])
def test_a_board_slower_than_the_wire_can_say_takes_the_longest_time_there_is(
    mhz: float, jitter: bool
) -> None:
    esp32 = Profile.load("esp32")
    assert esp32.clock is not None
    update = {"clock": esp32.clock.model_copy(update={"mhz": mhz})} | ({} if jitter else {"jitter": None})
    slow = esp32.model_copy(update=update)
    time_us = slow.operator_us(Workload.of("CONV_2D", 10**9, 2304, (8, 1, 1, 8)))
    assert slow.jittered(time_us, np.random.default_rng(0)) == 0xFFFF_FFFF
