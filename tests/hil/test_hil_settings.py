"""Settings of the console: kept over a restart once saved, refused when they cannot be, secrets never shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from host_tools.hil import Stand, TargetError

KEY = "tele_ms"


@pytest.fixture
def setting(stand: Stand) -> Iterator[str]:
    """The value before, put back at the end."""
    before = stand.target.ask(f"get {KEY}", rf"{KEY}\W+(\d+)")[1]
    yield before
    stand.target.say(f"set {KEY} {before}")
    stand.target.say("save")


def restarted(stand: Stand) -> None:
    since = stand.edge.mark()
    stand.target.restart()
    stand.born(since)


def test_a_saved_setting_survives_a_restart_and_an_unsaved_one_does_not(stand: Stand, setting: str) -> None:
    saved, unsaved = "7654", "4567"
    stand.target.say(f"set {KEY} {saved}")
    stand.target.ask("save", r"(?i)saved|kept|stored")
    stand.target.say(f"set {KEY} {unsaved}")
    assert stand.target.ask(f"get {KEY}", rf"{KEY}\W+(\d+)")[1] == unsaved
    restarted(stand)
    assert stand.target.ask(f"get {KEY}", rf"{KEY}\W+(\d+)")[1] == saved
    stand.ready()


@pytest.mark.parametrize("value", ["banana", "-1", "99999999999", "", "1 2"])
def test_a_value_that_cannot_be_is_refused_in_words_and_changes_nothing(
    stand: Stand, setting: str, value: str
) -> None:
    words = stand.target.ask(f"set {KEY} {value}", r"error: .+")
    assert words.string.strip()
    assert stand.target.ask(f"get {KEY}", rf"{KEY}\W+(\d+)")[1] == setting


def test_an_unknown_key_is_refused_in_words(stand: Stand) -> None:
    assert stand.target.ask("set no_such_key 1", r"error: .+")


def test_a_secret_is_never_shown(stand: Stand) -> None:
    secret, shown = "hunter2hunter2", r"mqtt_pass\W+(set|not set)\b"
    before = stand.target.ask("get mqtt_pass", shown)[1]
    stand.target.say(f"set mqtt_pass {secret}")
    assert stand.target.ask("get mqtt_pass", shown)[1] == "set"
    with pytest.raises(TargetError):
        stand.target.ask("get", secret, timeout_s=stand.s(1))
    restarted(stand)
    assert stand.target.ask("get mqtt_pass", shown)[1] == before
    stand.ready()
