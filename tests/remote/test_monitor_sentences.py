"""What `cutpoint monitor` makes of notes, updates and a board's description of itself."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutpoint.answer import Centroids
from cutpoint.wire import (
    Activation,
    CodecId,
    Command,
    CommandMessage,
    DType,
    Flag,
    Gauge,
    ModelId,
    Plan,
    Result,
    Status,
    Telemetry,
    TensorRecord,
    Topics,
    UpdateAbort,
    UpdateBegin,
    UpdateData,
    UpdateEnd,
    encode,
    encode_update,
    plan_parameters,
)
from host_tools.monitor import Heard, Listener

MODEL = ModelId(b"\0\1\2\3")


def heard(leaf: str, payload: bytes) -> Heard:
    (said,) = Listener(Topics()).hear(f"cutpoint/1/cam-1/{leaf}", payload)
    return said


@pytest.mark.parametrize(
    ("note", "sentence"),
    [
        (
            {"note": "update", "kind": "model", "state": "receiving", "offset": 16384, "size": 98304},
            "model update receiving, 16,384 of 98,304 B",
        ),
        (
            {"note": "update", "kind": "firmware", "state": "refused", "text": "wrong chip"},
            "firmware update refused: wrong chip",
        ),
        ({"note": "model", "text": "operator TRANSPOSE is missing"}, "model: operator TRANSPOSE is missing"),
        ({"note": "reset", "reason": "panic", "boot": 4}, "reset (reason 'panic', boot 4)"),
    ],
)
def test_notes_are_read_as_sentences(note: dict[str, object], sentence: str) -> None:
    said = heard("note", json.dumps(note).encode())
    assert (said.sentence, said.bad) == (sentence, False)
    assert isinstance(said.message, dict)
    assert said.message["note"] == note["note"]


def test_what_is_no_note_is_told_as_bad() -> None:
    said = heard("note", b"[1]")
    assert said.bad
    assert "note refused" in said.sentence


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (UpdateBegin(90_000, bytes(32)), "new model: begin, 90,000 B with SHA-256 0000000000000000..."),
        (UpdateData(2032, bytes(1016)), "new model: 1,016 B at 2,032"),
        (UpdateEnd(), "new model: end"),
        (UpdateAbort(), "new model: abort"),
    ],
)
def test_steps_of_an_update_are_read(step: UpdateBegin, words: str) -> None:
    (frame,) = encode(CommandMessage(MODEL, 1, 7, Command.NEW_MODEL, encode_update(step)))
    assert heard("cmd", frame).sentence == f"#7 {words}"


def test_a_command_that_holds_no_step_says_why() -> None:
    (frame,) = encode(CommandMessage(MODEL, 1, 7, Command.NEW_FIRMWARE, b"\3"))
    assert heard("cmd", frame).sentence.startswith("#7 new firmware: no step: ")


def test_a_board_in_safe_mode_says_so() -> None:
    about = {
        "model": "00010203",
        "operators": 9,
        "boot": 4,
        "app": "1.2",
        "reset": "panic",
        "safe_mode": True,
    }
    sentence = heard("about", json.dumps(about).encode()).sentence
    assert sentence == (
        "model 00010203, 9 operators on board, application 1.2, started after panic, in safe mode"
    )


def test_memory_gauges_have_their_unit() -> None:
    gauges = {
        Gauge.PSRAM_NOW_BYTES: 4_000_000,
        Gauge.PSRAM_LEAST_BYTES: 3_000_000,
        Gauge.STACK_LEAST_BYTES: 712,
    }
    (frame,) = encode(Telemetry(MODEL, 1, gauges, {}))
    assert (
        heard("tele", frame).sentence == "psram now 4,000,000 B, psram least 3,000,000 B, stack least 712 B"
    )


@given(st.binary(max_size=200))
def test_no_note_stops_the_monitor(payload: bytes) -> None:
    for said in Listener(Topics()).hear("cutpoint/1/cam-1/note", payload):
        assert "\n" not in said.sentence or not said.bad


def test_models_on_offer_are_said_by_name_where_there_is_one() -> None:
    result = Result(MODEL, 3, 11, 4, Status.UNKNOWN_MODEL, 250, offered=(ModelId(b"\x1a\x2b\x3c\x4d"), MODEL))
    (frame,) = encode(result)
    listener = Listener(Topics(), names={ModelId(b"\x1a\x2b\x3c\x4d"): "fomo"})
    (said,) = listener.hear("cutpoint/1/cam-1/res", frame)
    assert (
        said.sentence == "#11 unknown model, 0.25 ms in the edge: the edge offers fomo (1a2b3c4d), 00010203"
    )
    assert isinstance(said.message, dict)
    assert said.message["offered"] == ["1a2b3c4d", "00010203"]


def test_an_edge_that_has_nothing_to_offer_is_said() -> None:
    (frame,) = encode(Result(MODEL, 3, 11, 4, Status.UNKNOWN_MODEL, 250, offered=()))
    assert heard("res", frame).sentence.endswith("the edge offers no model")


def test_an_answer_of_the_chunks_that_came_is_told_as_one() -> None:
    in_part = Result(MODEL, 1, 7, 3, Status.OK, 900, Centroids(()), partial=True)
    (frame,) = encode(in_part)
    said = heard("res", frame)
    assert said.sentence == "#7 ok, of the chunks that came, 0.90 ms in the edge: nothing found"
    assert isinstance(said.message, dict)
    assert said.message["partial"] is True


def test_codec_and_setting_are_one_word_in_plans_and_activations() -> None:
    plan = Plan(MODEL, 3, 17, CodecId.RANS, Flag(0), 120, plan_parameters(12, 0xC0FFEE))
    (frame,) = encode(plan)
    said = heard("plan", frame)
    assert "cut 17, rans:12, deadline 120 ms" in said.sentence
    assert isinstance(said.message, dict)
    assert said.message["setting"] == 12
    record = TensorRecord(4, DType.INT8, b"coded", codec=CodecId.RANS, raw_bytes=2304)
    sent = Activation(MODEL, 1, 9, 17, CodecId.RANS, Flag(0), 3, (record,), setting=12)
    (frame,) = encode(sent)
    said = heard("act", frame)
    assert "2,304 B raw, 5 B as rans:12" in said.sentence
    assert isinstance(said.message, dict)
    assert said.message["setting"] == 12
    assert said.message["tensors"][0]["bytes"] == 2304
