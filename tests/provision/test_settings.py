"""Settings come from files, the environment, options and questions; the firmware's schema judges them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutpoint.errors import UsageError
from host_tools.provision import (
    Given,
    ask_for_missing,
    counted,
    from_csv,
    from_environment,
    from_pairs,
    from_toml,
    gather,
    key_text,
    resolve,
)
from host_tools.provision.settings import SCHEMA

SECRET = "Tr0ub4dor&3"


def texts(given: list[Given]) -> dict[str, str]:
    return {one.key: one.text for one in given}


def test_a_toml_file_gives_texts_numbers_and_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n")
    (tmp_path / "board.toml").write_text(
        'wifi_ssid = "lab"\nperiod_ms = 250\ntls_ca = "@ca.pem"\n[settings]\nbroker = "mqtts://10.0.0.1"\n'
    )
    given = from_toml(tmp_path / "board.toml")
    assert texts(given)["tls_ca"].startswith("-----BEGIN")
    settings = gather(given)
    assert settings.text("broker") == "mqtts://10.0.0.1"
    assert settings.text("period_ms") == "250"
    assert settings.text("deadline_ms") == "1000"


@pytest.mark.parametrize("text", ["wifi_pass = Tr0ub4dor&3", 'wifi_pass = "Tr0ub4dor&3" oops', "\xff"])
def test_a_file_that_is_no_toml_is_refused_without_its_lines(tmp_path: Path, text: str) -> None:
    path = tmp_path / "board.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match="is no TOML file") as caught:
        from_toml(path)
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_value_may_come_from_a_file_a_variable_or_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pass").write_text(SECRET + "\n")
    monkeypatch.setenv("WIFI", SECRET)
    stdin = io.TextIOWrapper(io.BytesIO(SECRET.encode() + b"\r\n"))
    monkeypatch.setattr("sys.stdin", stdin)
    for source in (f"@{tmp_path}/pass", "env:WIFI", "@-"):
        assert resolve("wifi_pass", source, "--set").text == SECRET
    assert resolve("wifi_pass", "@@home", "--set").text == "@home"
    assert resolve("wifi_pass", "env::X", "--set").text == "env:X"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("@/nowhere/x", "wifi_pass: cannot read /nowhere/x"),
        ("env:NOT_THERE_AT_ALL", "no variable NOT_THERE_AT_ALL"),
    ],
)
def test_a_source_that_is_not_there_is_named(source: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        resolve("wifi_pass", source, "--set")


def test_the_environment_gives_settings_by_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUTPOINT_SET_WIFI_PASS", SECRET)
    assert [(one.key, one.text) for one in from_environment(SCHEMA)] == [("wifi_pass", SECRET)]


def test_the_later_source_wins() -> None:
    settings = gather([Given("name", "one", "file"), Given("name", "two", "--set")])
    assert settings.text("name") == "two"


@pytest.mark.parametrize(
    ("key", "text", "sentence"),
    [
        ("wifi_sid", "lab", "there is no setting 'wifi_sid' .*did you mean wifi_ssid"),
        ("a_key_that_is_too_long", "x", "has 22 characters; NVS takes keys of up to 15"),
        ("chunk", "many", "chunk"),
        ("chunk", "70000", "chunk"),
        ("broker", "http://here", "broker"),
        ("input", "eyes", "input"),
        ("id", "Camera One", "id"),
        ("aead_key", "abc", "aead_key"),
    ],
)
def test_what_a_board_would_refuse_is_refused_here_by_name(key: str, text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        gather([Given(key, text, "--set")])


@pytest.mark.parametrize("key", [key for key, one in SCHEMA.items() if one.secret])
@given(text=st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF), min_size=12, max_size=300))
def test_no_sentence_about_a_secret_holds_it(key: str, text: str) -> None:
    seen = ""
    try:
        settings = gather([Given(key, text, "--set")])
        seen = repr(settings) + str(settings.described()) + repr(settings.entries())
    except UsageError as error:
        seen = str(error)
    assert seen
    assert text not in seen


def test_settings_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(UsageError, match="tls_"):
        gather([Given("tls_psk", "00" * 16, "--set"), Given("broker", "mqtts://10.0.0.1", "--set")])


def test_a_pair_without_a_key_is_not_quoted() -> None:
    with pytest.raises(UsageError, match="--set expects KEY=VALUE") as caught:
        from_pairs([SECRET])
    assert SECRET not in str(caught.value)


class Terminal:
    """Answers questions in order; remembers which were echoed."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.open: list[str] = []
        self.hidden: list[str] = []
        self.told: list[str] = []

    def ask(self, question: str) -> str:
        self.open.append(question)
        return self.answers.pop(0)

    def ask_secret(self, question: str) -> str:
        self.hidden.append(question)
        return self.answers.pop(0)

    def missing(self, given: list[Given], **options: bool) -> dict[str, str]:
        return texts(
            ask_for_missing(given, ask=self.ask, ask_secret=self.ask_secret, tell=self.told.append, **options)
        )


def test_questions_are_asked_only_for_what_is_missing_and_secrets_without_echo() -> None:
    terminal = Terminal("lab", SECRET, "someone", "another secret")
    answers = terminal.missing([Given("broker", "mqtt://10.0.0.1", "--set")])
    assert answers == {
        "wifi_ssid": "lab",
        "wifi_pass": SECRET,
        "mqtt_user": "someone",
        "mqtt_pass": "another secret",
    }
    assert [question.split()[0] for question in terminal.open] == ["Wi-Fi", "User"]
    assert len(terminal.hidden) == 2


def test_nothing_is_asked_when_nothing_is_missing() -> None:
    given = [Given("wifi_ssid", "", "-"), Given("broker", "mqtt://h", "-"), Given("mqtt_user", "", "-")]
    assert Terminal().missing(given) == {}


def test_a_wrong_answer_is_asked_again_three_times_in_all() -> None:
    terminal = Terminal("", "http://x", "mqtt://10.0.0.1", "")
    assert terminal.missing([]) == {"broker": "mqtt://10.0.0.1"}
    assert len(terminal.told) == 1
    with pytest.raises(UsageError, match="broker"):
        Terminal("", "http://x", "http://y", "http://z").missing([])


def test_input_that_ends_is_told_where_a_secret_belongs_and_that_is_no_command_line() -> None:
    def ended(question: str) -> str:
        raise EOFError

    given = [Given("wifi_ssid", "lab", "-"), Given("broker", "mqtt://h", "-"), Given("mqtt_user", "", "-")]
    with pytest.raises(UsageError, match="--set wifi_pass=@FILE"):
        ask_for_missing(given, ask=ended, ask_secret=ended)
    with pytest.raises(UsageError, match=r"--set broker=\.\.\."):
        ask_for_missing([Given("wifi_ssid", "", "-")], ask=ended, ask_secret=ended)


def test_only_the_network_is_asked_for_improv() -> None:
    assert Terminal("lab", SECRET).missing([], only_wifi=True) == {"wifi_ssid": "lab", "wifi_pass": SECRET}


def test_a_batch_is_one_order_a_row(tmp_path: Path) -> None:
    (tmp_path / "devices.csv").write_text("id,wifi_ssid,tele_ms\ncam-1,lab,\ncam-2,,1000\n")
    one, two = from_csv(tmp_path / "devices.csv")
    assert (one.device, texts(list(one.given))) == ("cam-1", {"id": "cam-1", "wifi_ssid": "lab"})
    assert (two.device, texts(list(two.given))) == ("cam-2", {"id": "cam-2", "tele_ms": "1000"})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has no column id"),
        ("name\nx\n", "has no column id"),
        ("id,wifi\ncam-1,lab\n", "no setting 'wifi'"),
        ("id\ncam-1\ncam-1\n", "the id cam-1 twice"),
        ("id\n", "has no device"),
        ("id,name\ncam-1\n", "line 2: not as many cells"),
        ("id\nCam 1\n", "line 2: "),
    ],
)
def test_a_batch_that_cannot_be_is_refused_by_line(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "devices.csv").write_text(text)
    with pytest.raises(UsageError, match=sentence):
        from_csv(tmp_path / "devices.csv")


def test_numbered_devices_have_ids_of_one_width() -> None:
    assert [str(order.device) for order in counted("cam", 2)] == ["cam-0001", "cam-0002"]
    with pytest.raises(UsageError, match="--name"):
        counted("c" * 30, 1)


def test_a_key_is_made_once_and_found_again(tmp_path: Path) -> None:
    keys = tmp_path / "keys.toml"
    device = counted("cam", 1)[0].device
    first, made = key_text(keys, device)
    assert made
    assert len(first) == 64
    assert key_text(keys, device) == (first, False)
    second, made = key_text(keys, device, new=True)
    assert made
    assert second != first
    assert key_text(keys, device) == (second, False)
    assert keys.stat().st_mode & 0o777 == 0o600
