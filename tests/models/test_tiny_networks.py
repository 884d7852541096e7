"""The three networks of MLPerf Tiny's shapes: what the recipe left in the repository, and what its check refuses."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import cutpoint
from cutpoint.graph import verify
from cutpoint.kernels import available
from models.convert import ConversionError
from models.tiny import inputs
from models.tiny.activity import activations, activity, as_int8
from models.tiny.catalogue import NETWORKS
from models.tiny.check import check, parameters
from models.tiny.network import Network
from models.tiny.recipe import trial_inputs

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "models/tiny"
FIRST_CONVOLUTION = {"ds_cnn": (64, 10, 4, 1), "resnet8": (16, 3, 3, 3), "mobilenet_v1": (8, 3, 3, 3)}
needs_tflm = pytest.mark.skipif("tflm" not in available(), reason="the tflite-micro wheel is not installed")


@pytest.fixture(scope="module", params=NETWORKS.values(), ids=lambda network: network.name)
def network(request: pytest.FixtureRequest) -> Network:
    assert isinstance(request.param, Network)
    return request.param


@pytest.fixture(scope="module")
def model(network: Network) -> cutpoint.Model:
    return cutpoint.load(TINY / f"{network.name}.tflite")


def test_it_takes_and_gives_int8_in_the_shapes_of_mlperf_tiny(
    network: Network, model: cutpoint.Model
) -> None:
    (given,), (made,) = ([model.tensors[index] for index in side] for side in (model.inputs, model.outputs))
    assert given.shape == (1, *network.shape)
    assert made.shape == (1, network.classes)
    assert given.dtype == made.dtype == np.int8
    assert (made.scale, made.zero_point) == (1 / 256, -128)
    assert model.tensors[model.operators[0].inputs[1]].shape == FIRST_CONVOLUTION[network.name]


def test_it_has_exactly_the_multiply_accumulates_and_parameters_of_the_reference_file(
    network: Network, model: cutpoint.Model
) -> None:
    assert model.macs == network.macs
    assert parameters(model) == network.parameters


def test_its_file_is_at_most_a_tenth_smaller_than_the_reference_file_and_never_larger(
    network: Network, model: cutpoint.Model
) -> None:
    assert 0.9 * network.reference_bytes <= len(model.data) <= network.reference_bytes


def test_it_passes_the_check_of_its_recipe(network: Network, model: cutpoint.Model) -> None:
    check(model, network, trial_inputs(network))


def test_activations_stay_alive_for_inputs_of_another_seed(network: Network, model: cutpoint.Model) -> None:
    made = activations(model, as_int8(model, trial_inputs(network, seed=1234, count=16)))
    seen = activity(model, made)
    convolutions = [entry for entry in seen if "CONV" in entry.kind]
    assert min(entry.levels for entry in convolutions) >= 64
    assert max(entry.dead / entry.channels for entry in seen) <= 0.1
    assert len(np.unique(made[-1], axis=0)) >= 12


def test_every_channel_has_a_requantisation_of_its_own(model: cutpoint.Model) -> None:
    for operator in model.operators:
        if "CONV" in operator.kind:
            kernel = model.tensors[operator.inputs[1]]
            assert len(set(kernel.scales)) > len(kernel.scales) / 2


@needs_tflm
def test_head_and_tail_equal_the_whole_at_every_cut_under_both_kernels(model: cutpoint.Model) -> None:
    report = verify(model, runs=2, kernels=("reference", "tflm"))
    assert report.not_run == ()
    assert report.ok, report.broken
    assert len(report.cuts) == len(model.operators) + 1
    assert all(cut.reference and cut.tflm for cut in report.cuts)


def test_the_card_states_what_ships(network: Network, model: cutpoint.Model) -> None:
    cells = (
        f"`{network.name}.tflite`",
        network.task,
        "x".join(map(str, network.shape)),
        str(network.classes),
        str(len(model.operators)),
        f"{model.macs:,}",
        f"{parameters(model):,}",
        f"{len(model.data):,}",
        f"`{model.id.hex()}`",
    )
    card = (TINY / "README.md").read_text(encoding="utf-8")
    assert f"| {' | '.join(cells)} |" in card
    assert f"{network.reference_bytes:,}" in card


def test_the_check_refuses_a_network_of_other_shapes(network: Network, model: cutpoint.Model) -> None:
    other = replace(network, macs=network.macs + 1)
    with pytest.raises(ConversionError, match="multiply-accumulates"):
        check(model, other, trial_inputs(network, count=2))


def test_the_check_refuses_a_network_whose_activations_hardly_move(
    network: Network, model: cutpoint.Model
) -> None:
    grey = np.zeros((4, *network.shape), np.float32)
    with pytest.raises(ConversionError, match="operator 0"):
        check(model, network, grey)


def test_the_same_seed_draws_the_same_inputs_and_another_draws_others(network: Network) -> None:
    first, again, other = (trial_inputs(network, seed=seed, count=3) for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_pictures_are_smooth_and_fill_their_range() -> None:
    drawn = inputs.pictures((48, 64, 3))(np.random.default_rng(0), 20)
    assert drawn.shape == (20, 48, 64, 3)
    assert drawn.min() == 0
    assert drawn.max() == 1
    beside = np.abs(np.diff(drawn, axis=2)).mean()
    assert beside < 0.25 * drawn.std()


def test_cepstra_rise_with_the_word_and_are_steady_between_frames() -> None:
    drawn = inputs.cepstra(np.random.default_rng(0), 50)[..., 0]
    assert drawn.shape == (50, 49, 10)
    energy = drawn[..., 0].mean(axis=0)
    assert energy[20:28].mean() > energy[:4].mean() + 30
    assert np.corrcoef(drawn[:, :-1, 1].ravel(), drawn[:, 1:, 1].ravel())[0, 1] > 0.5


def test_a_network_without_a_recipe_is_refused_with_those_that_have_one() -> None:
    command = [sys.executable, "-m", "models.tiny", "alexnet"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 2
    assert "alexnet" in ended.stdout
    assert all(name in ended.stdout for name in NETWORKS)


def test_the_recipe_makes_the_shipped_bytes_again(network: Network, model: cutpoint.Model) -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow converts; pip install '.[models]'")
    from models.tiny.recipe import SEED, convert

    again = cutpoint.load(convert(network, SEED))
    # Another processor or release may round a weight differently; the graph is the same.
    assert [operator.kind for operator in again.operators] == [operator.kind for operator in model.operators]
    assert again.macs == model.macs
    for there, here in zip(again.tensors, model.tensors, strict=True):
        assert there.shape == here.shape
        assert np.allclose(there.scales, here.scales, rtol=0.05)
