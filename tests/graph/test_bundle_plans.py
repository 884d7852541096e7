"""The Stream engine's plan in a bundle: there when something can be streamed, and always that of the bundle."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cutpoint import Bundle, Model
from cutpoint.errors import BundleError, ModelError
from cutpoint.graph.stream import PLAN_VERSION, compile_stream, read_plan_file, streamable
from cutpoint.graph.streamed import stream_bytes, stream_plan

Models = Callable[[str], Model]
VERSION_AT, CRC_AT, MODEL_AT, ON_BOARD_AT, LAYOUTS_AT = 4, 12, 16, 20, 36


@pytest.fixture
def bundle(model: Models, tmp_path: Path) -> Bundle:
    return Bundle.create(model("fomo_like").data, tmp_path, name="x", max_cut=2)


def refused(path: Path, message: str) -> None:
    with pytest.raises(BundleError, match=message) as raised:
        Bundle.open(path)
    assert "\n" not in str(raised.value)


def edit_stream(bundle: Bundle, **changes: Any) -> None:
    path = bundle.path / "manifest.json"
    document = json.loads(path.read_text())
    document["stream"]["plan"] |= {
        key: changes.pop(key) for key in list(changes) if key in ("bytes", "sha256")
    }
    document["stream"] |= changes
    path.write_text(json.dumps(document))


def give(bundle: Bundle, plan: bytes) -> None:
    """Put another plan in place and have the manifest vouch for it."""
    (bundle.path / "stream.plan").write_bytes(plan)
    edit_stream(bundle, bytes=len(plan), sha256=hashlib.sha256(plan).hexdigest())


def mended(plan: bytes, at: int, field: bytes) -> bytes:
    """The plan with another field, and a CRC that fits."""
    edited = bytearray(plan)
    edited[at : at + len(field)] = field
    struct.pack_into("<I", edited, CRC_AT, zlib.crc32(bytes(edited[CRC_AT + 4 :])))
    return bytes(edited)


def test_the_plan_of_a_bundle_is_that_of_its_operators_on_board(bundle: Bundle, model: Models) -> None:
    plan = compile_stream(model("fomo_like"), 2)
    assert bundle.stream_plan == (bundle.path / "stream.plan").read_bytes() == plan.encode()
    stream = bundle.manifest.stream
    assert (stream.operators, stream.why) == (2, None)
    assert stream.plan is not None
    assert stream.plan.bytes == len(plan.encode())
    assert stream.plan.picture_bytes == plan.picture_bytes(fed=False)
    assert stream.plan.line_bytes == plan.picture_bytes(fed=True)
    assert bundle.manifest.engines["stream"] == str(PLAN_VERSION)


def test_a_cut_says_what_the_engine_needs_there(bundle: Bundle, model: Models) -> None:
    plan = compile_stream(model("fomo_like"), 2)
    for k in (0, 1, 2):
        assert bundle.cuts[k].arena_bytes["stream"] == plan.head_bytes(k)
        assert bundle.cuts[k].arena_bytes["stream_on"] is None  # two operators of eighteen go on nowhere
    assert bundle.cuts[3].arena_bytes["stream"] is None


def test_where_the_whole_network_is_on_board_going_on_is_counted(model: Models, tmp_path: Path) -> None:
    network = model("many_ends")
    assert streamable(network)[1] is None
    whole, plan = Bundle.create(network, tmp_path), compile_stream(network)
    for cut in whole.cuts:
        assert cut.arena_bytes["stream_on"] == stream_bytes(cut.arena_bytes) == plan.block_bytes(cut.k)
        assert cut.arena_bytes["stream"] == plan.head_bytes(cut.k)


def test_a_plan_file_reads_back_what_the_plan_says(model: Models) -> None:
    plan = compile_stream(model("fomo_like"), 2)
    file = read_plan_file(plan.encode())
    assert (file.model_id, file.operators, file.on_board) == (model("fomo_like").id, 18, 2)
    assert file.head_bytes == tuple(plan.head_bytes(k) for k in range(3))
    assert file.block_bytes == tuple(plan.block_bytes(k) for k in range(3))


def test_a_network_that_cannot_be_streamed_makes_a_bundle_that_says_why(
    model: Models, tmp_path: Path
) -> None:
    made = Bundle.create(model("curves"), tmp_path)
    stream = made.manifest.stream
    assert (stream.operators, stream.plan, made.stream_plan) == (0, None, None)
    assert stream.why is not None
    assert "operator 0 (ABS) cannot be streamed" in stream.why
    assert not (made.path / "stream.plan").exists()
    assert "stream" not in made.manifest.engines


def test_what_can_be_streamed_in_part_has_a_plan_for_that_part(model: Models, tmp_path: Path) -> None:
    network = model("decoder")
    largest, why = streamable(network)
    assert largest < len(network.operators)
    made = Bundle.create(network, tmp_path)
    assert (made.manifest.stream.operators, made.manifest.stream.why) == (largest, why)
    assert (made.stream_plan is None) == (largest == 0)


def test_a_board_with_fewer_operators_than_can_be_streamed_has_no_reason(model: Models) -> None:
    entry, plan = stream_plan(model("fomo_like"), 1)
    assert (entry.operators, entry.why) == (1, None)
    assert plan is not None
    entry, plan = stream_plan(model("fomo_like"), 0)
    assert (entry.operators, entry.why, entry.plan, plan) == (0, None, None, None)


def test_a_missing_or_damaged_plan_is_refused(bundle: Bundle) -> None:
    file = bundle.path / "stream.plan"
    good = file.read_bytes()
    for wrong in (b"", good[:-1], good + b"\0", good[:100] + bytes([good[100] ^ 1]) + good[101:]):
        file.write_bytes(wrong)
        refused(bundle.path, "stream.plan is not the file that the manifest describes")
    file.unlink()
    refused(bundle.path, "stream.plan is missing; make the bundle again")


def test_a_vouched_for_plan_of_another_network_is_refused(bundle: Bundle, model: Models) -> None:
    give(bundle, compile_stream(model("many_ends"), 2).encode())
    refused(
        bundle.path,
        r"stream.plan cannot be used: the plan is for operators \[0, 2\) of .*; make the bundle again",
    )
    give(bundle, compile_stream(model("fomo_like"), 1).encode())
    refused(bundle.path, r"operators \[0, 1\) of 18 of model \w+, the manifest states \[0, 2\)")


def test_a_vouched_for_file_that_is_no_plan_is_refused(bundle: Bundle) -> None:
    good = (bundle.path / "stream.plan").read_bytes()
    for wrong, message in (
        (b"no plan at all" * 10, "which begins with CPSP"),
        (good[:43], "which begins with CPSP"),
        (mended(good, VERSION_AT, b"\x63"), "of version 99, this program reads 1"),
        (good[:-4], "its size or CRC-32 differs"),
        (good[:100] + bytes([good[100] ^ 1]) + good[101:], "its size or CRC-32 differs"),
        (mended(good, LAYOUTS_AT, struct.pack("<I", len(good) - 8)), "contradicts itself"),
        (mended(good, LAYOUTS_AT, b"\xff" * 4), "contradicts itself"),
    ):
        give(bundle, wrong)
        refused(bundle.path, message)


def test_a_plan_that_needs_other_memory_than_the_manifest_states_is_refused(bundle: Bundle) -> None:
    path = bundle.path / "manifest.json"
    document = json.loads(path.read_text())
    document["cuts"][1]["arena_bytes"]["stream"] += 4
    path.write_text(json.dumps(document))
    refused(bundle.path, "needs other memory than the manifest states")


def test_a_manifest_that_contradicts_itself_about_the_plan_is_refused(bundle: Bundle) -> None:
    edit_stream(bundle, operators=0)
    refused(bundle.path, "stream: 0 operators can be streamed, so a plan is out of place")
    edit_stream(bundle, operators=3)
    refused(bundle.path, "3 operators are in the plan, 2 on board")


def test_every_cut_off_plan_is_refused_in_a_sentence(bundle: Bundle) -> None:
    assert bundle.stream_plan is not None
    for size in range(0, len(bundle.stream_plan), 7):
        with pytest.raises(ModelError, match="plan"):
            read_plan_file(bundle.stream_plan[:size])
