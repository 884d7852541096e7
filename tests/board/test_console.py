"""The firmware's serial line and console behind Python objects: what is said, asked, refused and raised."""

from __future__ import annotations

import random
import zlib

import pytest

from cutpoint.board import SETTINGS, Console, SerialDemux


class Target:
    """Writes down what it is asked."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.asked: list[tuple[object, ...]] = []
        self.kept: dict[str, str] = {}
        self.flash_full = False

    def line(self, text: str) -> None:
        self.lines.append(text)

    def status(self) -> str:
        return "@status " + "x" * 600

    def cut(self, order: str, operators: int) -> str:
        return f"{order} {operators}"

    def bench(self, inferences: int) -> str:
        return f"bench {inferences}"

    def wifi(self) -> str:
        raise LookupError("no such network")

    def mqtt(self) -> str:
        return "mqtt"

    def model(self) -> str:
        return "model"

    def set_log(self, level: str) -> None:
        self.asked.append(("log", level))

    def restart(self) -> None:
        self.asked.append(("restart",))

    def hang(self) -> None:
        self.asked.append(("hang",))

    def changed(self, key: str, text: str) -> None:
        self.asked.append((key, text))

    def saved(self) -> None:
        self.asked.append(("saved",))

    def save(self, key: str, text: str) -> str | None:
        if self.flash_full:
            return "there is no room in flash"
        self.kept[key] = text
        return None


@pytest.fixture
def target() -> Target:
    return Target()


def packet(data: bytes) -> bytes:
    return b"CPIX" + len(data).to_bytes(4, "little") + zlib.crc32(data).to_bytes(4, "little") + data


def test_every_command_reaches_the_target_and_its_answer_the_line(target: Target) -> None:
    console = Console({}, target)
    for line in (b"cut", b"cut 7", b"cut auto", b"bench 3", b"mqtt", b"model", b"status"):
        console.obey(line)
    assert target.lines == ["show 0", "fixed 7", "auto 0", "bench 3", "mqtt", "model", "@status " + "x" * 600]
    for line in (b"log debug", b"hang", b"restart"):
        console.obey(line)
    assert target.asked == [("log", "debug"), ("hang",), ("restart",)]


def test_settings_are_kept_as_texts_and_secrets_are_shown_to_nobody(target: Target) -> None:
    console = Console({"tele_ms": "7000"}, target)
    for line in (b"get tele_ms", b"set tele_ms 8000", b"set wifi_pass hunter2hunter2", b"save"):
        console.obey(line)
    assert target.lines[:3] == ["tele_ms = 7000", "tele_ms = 8000", "wifi_pass = set"]
    assert target.lines[3].startswith("saved: 2 settings")
    assert target.kept == {"tele_ms": "8000", "wifi_pass": "hunter2hunter2"}
    assert target.asked == [("tele_ms", "8000"), ("wifi_pass", "set"), ("saved",)]


def test_what_could_not_be_kept_is_said(target: Target) -> None:
    target.flash_full = True
    console = Console({}, target)
    console.obey(b"set tele_ms 8000")
    console.obey(b"save")
    assert target.lines[-1] == "error: there is no room in flash"
    assert ("saved",) not in target.asked


def test_get_lists_every_setting_of_the_schema(target: Target) -> None:
    Console({}, target).obey(b"get")
    assert [line.partition(" = ")[0] for line in target.lines] == [one.key for one in SETTINGS]


def test_what_the_target_raises_comes_out_of_obey_and_the_console_goes_on(target: Target) -> None:
    console = Console({}, target)
    with pytest.raises(LookupError, match="no such network"):
        console.obey(b"wifi")
    console.obey(b"mqtt")
    assert target.lines == ["mqtt"]


def test_settings_that_no_board_would_have_stored_are_refused(target: Target) -> None:
    with pytest.raises(ValueError, match="tele_ms"):
        Console({"tele_ms": "banana"}, target)


@pytest.mark.parametrize("seed", range(5))
def test_lines_and_pictures_are_told_apart_however_they_are_cut_into_pieces(seed: int) -> None:
    chance = random.Random(seed)
    picture = chance.randbytes(300)
    sent = b"status\r\n" + packet(picture) + b"get\n" + b"x" * 600 + b"\n" + packet(picture)[:-1] + b"\x00"
    demux, said, at = SerialDemux(lambda size: None), [], 0
    while at < len(sent):
        size = chance.randint(1, 200)
        said += demux.push(sent[at : at + size], 0)
        at += size
    assert said[:3] == [("line", b"status"), ("picture", picture), ("line", b"get")]
    assert [kind for kind, _ in said[3:]] == ["line_refused", "picture_refused"]


def test_a_picture_of_no_use_is_skipped_with_the_reason_that_python_gave() -> None:
    demux = SerialDemux(lambda size: f"{size} bytes are no picture here")
    said = demux.push(packet(b"abc") + b"help\n", 0)
    assert said == [("picture_refused", "3 bytes are no picture here"), ("line", b"help")]


def test_what_python_raises_about_a_picture_comes_out_of_push() -> None:
    def refuse(size: int) -> str | None:
        raise MemoryError(f"{size} bytes")

    with pytest.raises(MemoryError, match="3 bytes"):
        SerialDemux(refuse).push(packet(b"abc"), 0)


def test_half_a_picture_is_given_up_after_two_seconds() -> None:
    demux = SerialDemux(lambda size: None)
    assert demux.push(packet(b"abc")[:-1], 0) == []
    said = demux.push(b"help\n", 2000)
    assert [kind for kind, _ in said] == ["picture_refused", "line"]
