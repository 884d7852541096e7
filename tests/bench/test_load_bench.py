"""The parts of `python -m bench load`: what it feeds is what devices send, and what it computes is what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.batching import TailCost, draw
from bench.endurance import endurance, frames_of, numbered
from bench.load import scheduled
from bench.restart import restart
from bench.serving import STAGES, serving
from cutpoint.graph import Bundle
from cutpoint.wire import Activation, decode
from host_tools.load.recording import Recording
from host_tools.shipped import shipped_bundle


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.open(shipped_bundle())


@pytest.fixture(scope="module")
def recording(bundle: Bundle) -> Recording:
    return Recording.of(bundle, count=4)


def test_a_numbered_frame_is_a_sound_frame_of_another_inference(recording: Recording) -> None:
    for frame in frames_of(recording, 17):
        first, later = decode(frame), decode(numbered(frame, 70_000))
        assert isinstance(first, Activation)
        assert isinstance(later, Activation)
        assert later.sequence == 70_000
        assert later.tensors == first.tensors


def test_a_gain_is_what_a_job_costs_alone_over_what_it_costs_in_company(tmp_path: Path) -> None:
    cost = TailCost("xnnpack", 17, {1: 60.0, 8: 240.0})
    assert cost.gain(1) == 1.0
    assert cost.gain(8) == 2.0
    draw([cost, TailCost("reference", 17, {1: 700.0, 8: 5600.0})], 25, tmp_path / "gains.png")
    assert (tmp_path / "gains.png").read_bytes().startswith(b"\x89PNG")


def test_endurance_feeds_every_device_and_every_inference_is_answered(
    bundle: Bundle, recording: Recording
) -> None:
    (figure,) = endurance(bundle, recording, 1.0)
    assert "refused 0" in figure.detail
    assert int(figure.detail.split(" ")[0].replace(",", "")) >= 1000


@pytest.mark.broker
def test_a_server_says_where_its_time_went(mosquitto: object, bundle: Bundle, recording: Recording) -> None:
    broker: tuple[str, int] = mosquitto.address  # type: ignore[attr-defined]
    with serving(
        models=[str(bundle.path)], host=broker[0], port=broker[1], policy="fixed:17", deadline_ms=5000
    ) as server:
        load = scheduled(recording, broker, server, "reference", 4, 10.0, 2.0)
    assert not load.violations
    assert load.answered > 40
    assert all(load.cpu_us(stage) > 0 for stage in STAGES)
    assert load.cpu_us() > load.cpu_us("run")
    assert 0 < load.sent_ms(0.5) <= load.ms(1.0)


@pytest.mark.broker
def test_a_restart_is_timed_from_the_process_to_an_answer_that_arrived(
    mosquitto: object, bundle: Bundle, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.restart.REMEMBERED", 50)
    (figure,) = restart(bundle, recording, mosquitto.address)  # type: ignore[attr-defined]
    assert 0.1 < figure.value < 30
