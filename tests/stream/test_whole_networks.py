"""Whole networks at every cut: the head's live tensors and what the rest makes of them are TFLM's, byte for byte."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from single_operator import DONE, Array, by_tflm

from cutpoint import Model, load
from cutpoint._core import StreamEngine
from cutpoint.graph import random_inputs
from cutpoint.graph.stream import StreamPlan, compile_stream, streamable

ROOT = Path(__file__).resolve().parents[2]
NETWORKS = (
    "models/fomo_digits.cut/full.tflite",
    "models/fomo_digits_64.cut/full.tflite",
    "models/tiny/ds_cnn.tflite",
    "models/tiny/resnet8.tflite",
    "models/tiny/mobilenet_v1.tflite",
    *(
        f"tests/fixtures/models/{name}.tflite"
        for name in (
            "autoencoder", "branches", "fomo_like", "keywords", "many_ends", "nested_residual", "slices", "uint8_io",
        )
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A network, the plan of as much of it as can be streamed, its inputs, and TFLM's live tensors of every cut."""

    model: Model
    plan: StreamPlan
    given: list[Array]
    expected: list[list[bytes]]


@pytest.fixture(scope="module", params=NETWORKS)
def case(request: pytest.FixtureRequest) -> Case:
    model = load(ROOT / request.param)
    plan = compile_stream(model, streamable(model)[0])
    (given,) = random_inputs(model, 1, seed=11)
    expected = [[array.tobytes() for array in given]]
    for k in range(1, plan.on_board + 1):
        expected.append(by_tflm(load(model.split(k)[0]), given))
    return Case(model, plan, given, expected)


def started(case: Case, *, fed: bool) -> StreamEngine:
    engine = StreamEngine(case.plan.encode(), fed=fed)
    engine.scribble(0x33)
    for place, array in enumerate(case.given):
        engine.give(place, array.tobytes())
    return engine


def live(engine: StreamEngine, k: int) -> list[bytes]:
    tensors = engine.live(k)
    assert tensors is not None
    return [bytes(data) for _, _, data, _ in tensors]


def test_every_head_gives_its_live_tensors(case: Case) -> None:
    engine = started(case, fed=False)
    for k in range(1, case.plan.on_board + 1):
        assert engine.begin(0, k)
        assert engine.advance() == DONE
        assert live(engine, k) == case.expected[k], k
    assert engine.intact()


def test_the_rest_goes_on_from_every_cut(case: Case) -> None:
    engine = started(case, fed=False)
    last = case.plan.on_board
    for k in range(1, last):
        assert engine.begin(0, k)
        assert engine.advance() == DONE
        assert engine.begin(k, last)
        assert engine.advance() == DONE
        assert live(engine, last) == case.expected[last], k
    assert engine.intact()


def test_lines_that_are_fed_give_the_same_at_every_cut(case: Case) -> None:
    for k in range(1, case.plan.on_board + 1):
        engine = started(case, fed=True)
        if not engine.can_cut(k):
            assert set(case.model.live(k)) & set(case.model.inputs), (
                "an input that is live must be held whole"
            )
            continue
        assert engine.begin(0, k)
        assert engine.advance() == DONE
        assert live(engine, k) == case.expected[k], k
        assert engine.intact()
