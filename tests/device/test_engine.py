"""Operators one by one give what the whole model gives, and any range can be resumed."""

from pathlib import Path

import numpy as np
import pytest

import cutpoint
from cutpoint.errors import InternalError, KernelsError, UsageError
from cutpoint.graph import Model
from cutpoint.kernels import available, open_runner
from host_tools.device.engine import EngineName, OperatorEngine
from host_tools.device.opening import open_engine, stand_in_reason
from host_tools.device.sources import open_source

MODELS = Path(__file__).parents[1] / "fixtures" / "models"
WITHOUT_KERNELS = "decoder"
"""Has an operator (TILE version 3) that neither set of kernels knows."""
NAMES = sorted(
    path.stem for path in MODELS.glob("*.tflite") if path.stem not in {"control_flow", WITHOUT_KERNELS}
)
ENGINES: list[EngineName] = ["litert", "tflm"] if "tflm" in available() else ["litert"]
KERNELS = {"litert": "reference", "tflm": "tflm"}


def load(name: str) -> Model:
    return cutpoint.load(MODELS / f"{name}.tflite")


def engine_of(model: Model, name: EngineName) -> OperatorEngine:
    return OperatorEngine(model, name)


@pytest.mark.parametrize("engine_name", ENGINES)
def test_an_operator_without_a_kernel_is_refused_by_name(engine_name: EngineName) -> None:
    with pytest.raises(KernelsError, match="TILE"):
        engine_of(load(WITHOUT_KERNELS), engine_name)


@pytest.mark.parametrize("engine_name", ENGINES)
@pytest.mark.parametrize("name", NAMES)
def test_a_chain_of_single_operators_is_the_whole_model_bit_for_bit(
    name: str, engine_name: EngineName
) -> None:
    model = load(name)
    engine = engine_of(model, engine_name)
    whole = open_runner(model.data, KERNELS[engine_name])  # type: ignore[arg-type]
    for sample in open_source("random", engine.inputs, count=2, seed=4):
        engine.set_input(sample.arrays)
        taken_us = engine.run(0, engine.on_board)
        assert len(taken_us) == len(model.operators)
        for made, expected in zip(engine.outputs(), whole.run(sample.arrays), strict=True):
            assert made.tobytes() == expected.tobytes()


@pytest.mark.parametrize("name", ["fomo_like", "many_ends", "nested_residual"])
def test_every_cut_can_be_resumed_by_a_tail_from_the_live_tensors(name: str) -> None:
    model = load(name)
    engine = OperatorEngine(model, "litert")
    sample = next(iter(open_source("random", engine.inputs, seed=4)))
    expected = [array.tobytes() for array in open_runner(model.data, "reference").run(sample.arrays)]
    count = len(model.operators)
    for cut in range(count):
        engine.set_input(sample.arrays)
        engine.run(0, cut)
        live = engine.live(cut)
        assert [tensor.index for tensor in live] == list(model.live(cut))
        tail = open_runner(model.extract(cut, count), "reference")
        assert [array.tobytes() for array in tail.run([tensor.array for tensor in live])] == expected
        for operator in range(cut, count):
            engine.run(operator, operator + 1)
        assert [array.tobytes() for array in engine.outputs()] == expected


@pytest.mark.parametrize("name", ["fomo_like", "many_ends"])
def test_a_device_model_gives_the_same_live_tensors_as_the_whole(name: str) -> None:
    model = load(name)
    for on_board in (1, len(model.operators) // 2, len(model.operators)):
        whole = OperatorEngine(model, "litert", on_board=on_board)
        device = OperatorEngine(cutpoint.load(model.truncate(on_board)), "litert")
        assert device.on_board == on_board
        sample = next(iter(open_source("random", whole.inputs, seed=4)))
        for engine in (whole, device):
            engine.set_input(sample.arrays)
            engine.run(0, on_board)
        pairs = zip(whole.live(on_board), device.live(on_board), strict=True)
        assert all(
            one.index == two.index and one.fill == two.fill and one.array.tobytes() == two.array.tobytes()
            for one, two in pairs
        )


def test_the_fill_of_a_live_tensor_is_its_zero_point() -> None:
    model = load("fomo_like")
    engine = OperatorEngine(model, "litert")
    engine.set_input(next(iter(open_source("random", engine.inputs))).arrays)
    engine.run(0, 1)
    (tensor,) = engine.live(1)
    assert tensor.fill == model.tensors[tensor.index].zero_point == -128


def test_a_range_that_is_not_on_board_or_not_reached_is_refused() -> None:
    engine = OperatorEngine(load("autoencoder"), "litert", on_board=2)
    with pytest.raises(InternalError, match="only cut -1 was reached"):
        engine.run(0, 1)
    engine.set_input(next(iter(open_source("random", engine.inputs))).arrays)
    with pytest.raises(InternalError, match=r"\[0, 2\) are on board"):
        engine.run(0, 3)
    with pytest.raises(InternalError, match="only cut 0 was reached"):
        engine.run(1, 2)
    with pytest.raises(InternalError, match="outputs asked for at cut 0 of"):
        engine.outputs()


def test_an_input_that_does_not_fit_says_so_and_a_new_one_starts_anew() -> None:
    engine = OperatorEngine(load("autoencoder"), "litert")
    with pytest.raises(UsageError, match=r"takes int8 \[1, 48\]"):
        engine.set_input([np.zeros((1, 47), np.int8)])
    with pytest.raises(UsageError, match="takes 1 inputs, 2 given"):
        engine.set_input([np.zeros((1, 48), np.int8)] * 2)


def test_more_operators_than_there_are_cannot_be_on_board() -> None:
    with pytest.raises(UsageError, match="give 0 to"):
        OperatorEngine(load("autoencoder"), "litert", on_board=99)


def test_auto_takes_the_device_s_own_kernels_where_they_are_installed() -> None:
    engine = open_engine(load("autoencoder"))
    assert engine.name == ("tflm" if "tflm" in available() else "litert")
    assert (stand_in_reason(engine) is None) == (engine.name == "tflm")


def test_a_stand_in_says_that_it_is_one() -> None:
    assert "LiteRT's reference kernels" in str(stand_in_reason(open_engine(load("autoencoder"), "litert")))


def test_an_unknown_engine_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="known are auto, tflm, litert"):
        open_engine(load("autoencoder"), "cuda")
