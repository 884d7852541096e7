"""Improv over a serial line: packets byte by byte, and a conversation with a board on a pseudo-terminal."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutpoint.errors import UsageError
from host_tools.flash import BoardError
from host_tools.provision import ImprovClient, improv_client
from host_tools.provision.improv import (
    Command,
    Kind,
    Packet,
    PacketReader,
    State,
    command,
    strings_of,
    wifi_command,
)
from host_tools.serial_line import open_port
from tests.serial_line.board_line import BoardLine

SECRET = "correct horse"


def test_the_packet_of_the_specification() -> None:
    # improv-wifi.com/serial: IMPROV, version 1, type RPC, length, command 1, its length, SSID and password with theirs.
    body = b"IMPROV\x01\x03\x11\x01\x0f\x03lab\x0abattery..!"
    assert wifi_command("lab", "battery..!").encode() == body + bytes([sum(body) & 0xFF]) + b"\n"


def test_a_password_is_not_in_a_printed_packet() -> None:
    assert SECRET not in repr(wifi_command("lab", SECRET))


@pytest.mark.parametrize(("ssid", "password"), [("", "x"), ("x" * 33, ""), ("lab", "x" * 65)])
def test_a_network_that_improv_cannot_name_is_refused(ssid: str, password: str) -> None:
    with pytest.raises(UsageError):
        wifi_command(ssid, password)


packets = st.builds(Packet, st.integers(0, 255), st.binary(max_size=255))


@given(st.lists(packets, max_size=5), st.integers(1, 9))
def test_packets_are_found_between_lines_of_text_however_they_are_cut(sent: list[Packet], step: int) -> None:
    line = b"I (12) boot\r\n".join(packet.encode() for packet in sent)
    reader = PacketReader()
    found = [one for at in range(0, len(line), step) for one in reader.push(line[at : at + step])]
    assert found == sent


@given(st.lists(st.binary(max_size=40)), packets)
def test_a_packet_behind_garbage_is_found_in_the_end(garbage: list[bytes], packet: Packet) -> None:
    reader = PacketReader()
    for piece in garbage:
        list(reader.push(piece))
    found: list[Packet] = []
    for _ in range(3):  # a half packet in the garbage may swallow up to 265 bytes
        found += reader.push(packet.encode() + b"\n" * 300)
    assert packet in found


@given(st.binary(max_size=30))
def test_results_of_any_bytes_are_read_or_refused(data: bytes) -> None:
    number, strings = strings_of(Packet(Kind.RESULT, data))
    assert number == -1 or number == data[0]
    assert all(isinstance(one, str) for one in strings)


class Board:
    """Answers Improv on the other end of a pseudo-terminal."""

    def __init__(self, line: BoardLine, answer: Callable[[Packet], list[Packet]]) -> None:
        self.line = line
        self.heard: list[Packet] = []
        self._answer = answer
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        reader = PacketReader()
        while not self._over.is_set():
            for packet in reader.push(self.line.hear(0.02)):
                self.heard.append(packet)
                for said in self._answer(packet):
                    self.line.say(b"I (99) wifi: a line of log\n" + said.encode())

    def stop(self) -> None:
        self._over.set()
        self._thread.join()


def state(number: int) -> Packet:
    return Packet(Kind.STATE, bytes([number]))


def result(number: int, *strings: str) -> Packet:
    data = b"".join(bytes([len(one)]) + one.encode() for one in strings)
    return Packet(Kind.RESULT, bytes([number, len(data)]) + data)


def well(packet: Packet) -> list[Packet]:
    match packet.data[0]:
        case Command.STATE:
            return [state(State.READY)]
        case Command.INFO:
            return [result(Command.INFO, "cutpoint", "0.2.0", "ESP32", "cutpoint-a1b2c3")]
        case Command.WIFI:
            return [
                state(State.PROVISIONING),
                state(State.PROVISIONED),
                result(Command.WIFI, "http://10.0.0.7"),
            ]
    return [Packet(Kind.ERROR, b"\x02")]


def refusing(packet: Packet) -> list[Packet]:
    if packet.data[0] == Command.WIFI:
        return [state(State.PROVISIONING), Packet(Kind.ERROR, b"\x03"), state(State.READY)]
    return well(packet)


Talk = Callable[[Callable[[Packet], list[Packet]]], Board]


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Talk]:
    for name in ("ANSWER_S", "ASK_AGAIN_S", "JOIN_S"):
        monkeypatch.setattr(improv_client, name, 0.6)
    line = BoardLine()
    boards: list[Board] = []

    def begin(answer: Callable[[Packet], list[Packet]]) -> Board:
        boards.append(Board(line, answer))
        return boards[0]

    yield begin
    for board in boards:
        board.stop()
    line.unplug()


def give(board: Board) -> improv_client.Joined:
    port = open_port(board.line.name)
    try:
        return ImprovClient(port, board.line.name).give("lab", SECRET)
    finally:
        port.close()


def test_a_board_that_joins_says_who_and_where_it_is(talk: Talk) -> None:
    board = talk(well)
    joined = give(board)
    assert joined.urls == ("http://10.0.0.7",)
    assert joined.about == ("cutpoint", "0.2.0", "ESP32", "cutpoint-a1b2c3")
    assert board.heard[-1] == wifi_command("lab", SECRET)


def test_a_board_that_cannot_join_is_told_about_without_the_password(talk: Talk) -> None:
    with pytest.raises(BoardError, match="wrong Wi-Fi password, or the network is out of reach") as caught:
        give(talk(refusing))
    assert SECRET not in str(caught.value)


def test_a_board_that_never_joins_is_given_up_on(talk: Talk) -> None:
    with pytest.raises(BoardError, match="took the Wi-Fi but did not join within"):
        give(talk(lambda packet: [] if packet.data[0] == Command.WIFI else well(packet)))


def test_a_line_without_improv_is_named(talk: Talk) -> None:
    with pytest.raises(BoardError, match=r"no Improv answer from .*: flash the firmware first"):
        give(talk(lambda packet: []))


def test_a_board_that_wants_its_button_pressed_says_so(talk: Talk) -> None:
    with pytest.raises(BoardError, match="wants to be authorised first; press its button"):
        give(talk(lambda packet: [state(State.AUTHORISATION_REQUIRED)]))


def test_a_state_request_is_a_command_without_data() -> None:
    assert command(Command.STATE).encode() == b"IMPROV\x01\x03\x02\x02\x00\xe5\n"
