"""What a console says becomes lines and sentences, whatever else its line carries."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from host_tools.serial_line import LineDecoder, Said
from host_tools.serial_line.lines import MOST_LINE_BYTES


def lines(data: bytes) -> list[Said]:
    return list(LineDecoder().push(data))


def test_text_is_shown_as_it_is_without_colours() -> None:
    assert lines(b"\x1b[0;32mI (331) cutpoint: boot 4\x1b[0m\r\n") == [Said("I (331) cutpoint: boot 4")]


def test_an_answer_is_a_sentence() -> None:
    (said,) = lines(b'@answer {"sequence":7,"by":"edge","cut":12,"total_us":81500,"round_trip_us":20100}\n')
    assert said.event == "answer"
    assert said.values["cut"] == 12
    assert said.text == "answer #7 by edge, cut 12, 81.5 ms in all, 20.1 ms there and back"


def test_a_note_is_its_text() -> None:
    (said,) = lines(
        b'@note {"note":"update","kind":"model","state":"refused","text":"operator FOO is missing"}\n'
    )
    assert said.text == "note update model refused: operator FOO is missing"


def test_json_cannot_smuggle_control_characters_to_the_terminal() -> None:
    (said,) = lines(b'@note {"note":"error","text":"a\\u001b[2Jb\\ud800c\\n"}\n')
    assert said.text == "note error: a[2Jbc"


def test_a_figure_beyond_all_clocks_is_left_out() -> None:
    (said,) = lines(b'@answer {"sequence":7,"by":"edge","cut":12,"total_us":1' + 400 * b"0" + b"}\n")
    assert said.text == "answer #7 by edge, cut 12"


def test_a_note_without_text_says_how_far_it_is() -> None:
    note = (
        b'@note {"note":"update","kind":"model","state":"receiving","offset":16384,"size":40960,"text":""}\n'
    )
    assert lines(note)[0].text == "note update model receiving: 16,384 of 40,960 B"


def test_an_event_that_is_not_known_is_listed() -> None:
    (said,) = lines(b'@boot {"number":4,"reason":"brown-out"}\n')
    assert said.text == "boot: number 4, reason brown-out"


def test_an_event_with_damaged_json_is_text() -> None:
    assert lines(b'@boot {"number":\n') == [Said('@boot {"number":')]


def test_packets_between_lines_are_dropped() -> None:
    packet = b"IMPROV\x01\x01\x01\x02" + bytes([sum(b"IMPROV\x01\x01\x01\x02") & 0xFF]) + b"\n"
    assert [said.text for said in lines(b"ready\n" + packet + b"@ready\n")] == ["ready", "ready"]


def test_a_line_in_pieces_is_one_line() -> None:
    decoder = LineDecoder()
    assert list(decoder.push(b"rea")) == []
    assert list(decoder.push(b"dy\n")) == [Said("ready")]


def test_a_line_without_end_is_given_in_pieces_and_never_kept_whole() -> None:
    decoder = LineDecoder()
    said = list(decoder.push(b"x" * (3 * MOST_LINE_BYTES)))
    assert [len(one.text) for one in said] == [MOST_LINE_BYTES] * 2
    assert decoder.rest() == Said("x" * MOST_LINE_BYTES)


@given(st.lists(st.binary(max_size=300)))
def test_garbage_is_never_an_error_and_never_holds_control_characters(pieces: list[bytes]) -> None:
    decoder = LineDecoder()
    said = [one for piece in pieces for one in decoder.push(piece)]
    if (rest := decoder.rest()) is not None:
        said.append(rest)
    assert all(one.text and (one.text.replace("\t", " ")).isprintable() for one in said)


@given(
    st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True),
    st.dictionaries(
        st.text(max_size=8), st.none() | st.booleans() | st.integers() | st.text(max_size=8), max_size=4
    ),
    st.integers(min_value=1, max_value=7),
)
def test_every_event_gives_its_values_however_it_is_cut(
    event: str, values: dict[str, object], step: int
) -> None:
    data = f"@{event} {json.dumps(values)}\n".encode()
    decoder = LineDecoder()
    said = [one for at in range(0, len(data), step) for one in decoder.push(data[at : at + step])]
    assert [(one.event, one.values) for one in said] == [(event, values)]
