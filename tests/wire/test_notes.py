"""Notes of devices: what is read of them, what is refused, and that nothing else is raised."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutpoint.wire import (
    Note,
    NoteError,
    UpdateKind,
    UpdateNote,
    UpdateState,
    note_json,
    parse_note,
)


def test_an_update_note_survives_the_way() -> None:
    note = UpdateNote(kind=UpdateKind.MODEL, state=UpdateState.RECEIVING, offset=16384, size=300_000)
    assert parse_note(note_json(note)) == note
    assert json.loads(note_json(note)) == {
        "note": "update",
        "text": "",
        "kind": "model",
        "state": "receiving",
        "offset": 16384,
        "size": 300000,
    }


def test_a_note_of_another_sort_keeps_what_it_says() -> None:
    note = parse_note(b'{"note": "reset", "reason": "watchdog", "boot": 4, "text": "It hung."}')
    assert (note.note, note.text, note.more) == ("reset", "It hung.", {"reason": "watchdog", "boot": 4})
    assert type(note) is Note


@pytest.mark.parametrize("state", UpdateState)
def test_an_update_ends_with_done_refused_failed_or_returned(state: UpdateState) -> None:
    assert state.final == (state.value in {"done", "refused", "failed", "returned"})


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"[]",
        b"3",
        b"{}",
        b'{"note": ""}',
        b'{"note": 7}',
        b'{"note": "update"}',
        b'{"note": "update", "kind": "model", "state": "flying"}',
        b'{"note": "update", "kind": "model", "state": "done", "offset": -1}',
        b'{"note": "update", "kind": "model", "state": "done", "offset": 1.5}',
        b'{"note": "error", "text": "' + b"x" * 513 + b'"}',
        b'{"note": "error", "text": "' + b"x" * 1024 + b'"}',
        b"[" * 900,
    ],
)
def test_what_is_no_note_is_refused_in_one_line(payload: bytes) -> None:
    with pytest.raises(NoteError) as refused:
        parse_note(payload)
    assert "\n" not in str(refused.value)


def test_a_note_too_large_is_not_sent() -> None:
    with pytest.raises(NoteError, match="too large"):
        note_json(Note.model_validate({"note": "error", "trace": "x" * 1024}))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.binary(max_size=1200)
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.fixed_dictionaries(
        {"note": st.just("update")},
        optional=dict.fromkeys(("kind", "state", "offset", "size", "text"), json_values),
    ).map(lambda value: json.dumps(value).encode())
)
def test_bytes_from_anywhere_are_a_note_or_refused(payload: bytes) -> None:
    try:
        note = parse_note(payload)
    except NoteError:
        return
    assert note.note
