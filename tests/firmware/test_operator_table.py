"""The operator table of the TFLM engine, read as text: no TFLM sources are here to compile it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ai_edge_litert import schema_py_generated as schema

import cutpoint
from cutpoint.errors import ModelError
from cutpoint.graph.carried import CARRIED, first_not_carried
from cutpoint.graph.kinds import KIND_OF_CODE, REFUSED
from host_tools.shipped import FOMO, SMALL_FOMO, shipped_bundle

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures" / "models"
TFLM = ROOT / "firmware" / "tflm"
TABLE = (TFLM / "operators.cc").read_text()
KINDS = set(KIND_OF_CODE.values())
ANY = 255


def rows() -> list[tuple[str, str, str, str, int, int, int]]:
    """Kind, registration, parser, options, inputs least and most, outputs most."""
    body = TABLE.partition("#define CUTPOINT_OPERATORS(X)")[2].partition("#define CUTPOINT_ENTRY")[0]
    found = re.findall(r"X\(([^)]*)\)", body.replace("\\\n", " "))
    split = [[part.strip() for part in row.split(",")] for row in found]
    counts = [[ANY if count == "kAny" else int(count) for count in row[4:]] for row in split]
    return [(row[0], row[1], row[2], row[3], *numbers) for row, numbers in zip(split, counts, strict=True)]


def test_every_row_is_an_operator_of_the_schema_once() -> None:
    kinds = [row[0] for row in rows()]
    assert len(kinds) > 40
    assert len(set(kinds)) == len(kinds)
    assert set(kinds) <= KINDS


def test_python_knows_the_same_operators() -> None:
    assert {row[0] for row in rows()} == CARRIED


def test_no_row_is_an_operator_that_cannot_be_cut() -> None:
    assert not {row[0] for row in rows()} & set(REFUSED)


def test_no_row_keeps_state_between_two_inferences() -> None:
    stateful = {"SVDF", "LSTM", "UNIDIRECTIONAL_SEQUENCE_LSTM", "RNN", "UNIDIRECTIONAL_SEQUENCE_RNN"}
    assert stateful <= KINDS
    assert not {row[0] for row in rows()} & stateful


def test_options_are_those_of_the_schema() -> None:
    known = {name for name in vars(schema.BuiltinOptions) if not name.startswith("_")}
    assert {row[3] for row in rows()} <= known
    assert all(
        row[3] == "NONE" or row[3].lower().startswith(("pool2d", "reducer", "l2norm"))
        or row[3].removesuffix("Options").lower() == row[0].lower().replace("_", "")
        for row in rows()
    )  # fmt: skip


def test_counts_of_inputs_and_outputs_are_ranges() -> None:
    assert all(1 <= row[4] <= row[5] and row[6] >= 1 for row in rows())


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.tflite")), ids=lambda path: path.stem)
def test_counts_fit_every_operator_of_the_fixtures(path: Path) -> None:
    if path.stem == "control_flow":
        with pytest.raises(ModelError):
            cutpoint.load(path)
        return
    bounds = {row[0]: row[4:] for row in rows()}
    for operator in cutpoint.load(path).operators:
        if operator.kind in bounds:
            least, most, outputs = bounds[operator.kind]
            assert least <= len(operator.inputs) <= most
            assert len(operator.outputs) <= outputs


def test_of_the_fixtures_that_can_be_cut_one_alone_needs_more() -> None:
    needing = {
        path.stem: first.kind
        for path in FIXTURES.glob("*.tflite")
        if path.stem != "control_flow" and (first := first_not_carried(cutpoint.load(path))) is not None
    }
    assert needing == {"decoder": "TILE"}


@pytest.mark.parametrize("name", [FOMO, SMALL_FOMO])
def test_boards_carry_every_operator_of_the_shipped_models(name: str) -> None:
    assert first_not_carried(cutpoint.Bundle.open(shipped_bundle(name)).model()) is None


def test_every_kernel_with_shapes_of_its_own_is_checked_before_tflm_sees_it() -> None:
    checks = (TFLM / "operator_check.cc").read_text()
    checked = set(re.findall(r"case tflite::BuiltinOperator_(\w+):", checks.partition("bool shapes_fit")[2]))
    alike = {"ABS", "ELU", "HARD_SWISH", "LEAKY_RELU", "NEG", "RELU", "RELU6"}
    assert checked | alike == {row[0] for row in rows()}
    assert not checked & alike


def test_types_that_a_kernel_refuses_only_when_it_runs_are_refused_when_the_model_is_loaded() -> None:
    checked = set(re.findall(r"case tflite::BuiltinOperator_(\w+):", (TFLM / "type_checks.cc").read_text()))
    looked_at_by_prepare = {
        "AVERAGE_POOL_2D", "BATCH_MATMUL", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "DEPTH_TO_SPACE",
        "FULLY_CONNECTED", "L2_NORMALIZATION", "MAX_POOL_2D", "SOFTMAX", "SPACE_TO_DEPTH", "TRANSPOSE_CONV",
    }  # fmt: skip
    of_any_type = {"RESHAPE", "SQUEEZE"}
    of_two_types = {"QUANTIZE"}
    assert checked | looked_at_by_prepare | of_any_type | of_two_types == {row[0] for row in rows()}
    assert not checked & (looked_at_by_prepare | of_any_type)
    assert "types_taken(step)" in (TFLM / "operator_check.cc").read_text()


def test_the_page_lists_every_operator() -> None:
    page = (ROOT / "docs" / "engine.md").read_text()
    listed = page.partition("## Operators")[2].partition("\n## ")[0]
    assert set(re.findall(r"`([A-Z0-9_]{2,})`", listed)) & KINDS >= CARRIED


def test_the_engine_takes_no_heap() -> None:
    wrong = [
        f"{path.name}: {line.strip()}"
        for path in sorted(TFLM.glob("*.*"))
        for line in path.read_text().splitlines()
        if re.search(
            r"\bmalloc\b|\bnew (?!\()|std::(vector|string|function)\b|\bdelete\b(?! *;| *\()",
            line.partition("//")[0],
        )
        and "= delete" not in line
    ]
    assert not wrong
