"""Settings through Python: the schema and the sentences of the firmware."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutpoint.board import SETTINGS, SettingError, board_id, check_settings, setting, setting_value
from cutpoint.wire import DEFAULT_ROOT, DeviceId, Topics

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
SECRETS = {row.key for row in SETTINGS if row.secret}


def keys(**values: str) -> set[str]:
    return {problem.key for problem in check_settings(values)}


def test_the_secrets_are_those_that_open_something() -> None:
    assert {"wifi_pass", "mqtt_pass", "tls_key", "tls_psk", "aead_key"} == SECRETS


def test_every_default_is_a_value_of_its_setting() -> None:
    assert check_settings({row.key: row.initial for row in SETTINGS}) == ()
    assert setting("root").initial == DEFAULT_ROOT


@pytest.mark.parametrize(
    ("key", "text", "stored", "encoding"),
    [
        ("wifi_ssid", "Café", "Café", "string"),
        ("deadline_ms", "250", 250, "u32"),
        ("chunk", "1024", 1024, "u16"),
        ("ina_addr", "65", 65, "u8"),
        ("update", "all", 2, "u8"),
        ("aead_key", "0f" * 32, b"\x0f" * 32, "hex2bin"),
        ("tls_psk", "", b"", "hex2bin"),
        ("tls_ca", CERTIFICATE, CERTIFICATE, "string"),
    ],
)
def test_a_text_becomes_what_nvs_stores(key: str, text: str, stored: object, encoding: str) -> None:
    assert setting_value(key, text) == stored
    assert setting(key).encoding == encoding


@pytest.mark.parametrize(
    ("key", "text", "sentence"),
    [
        ("deadline_ms", "soon", "whole number from 1 to 600000"),
        ("update", "yes", r"one of off\|model\|all"),
        ("broker", "http://a", r"mqtt://host\[:port\]"),
        ("name", "Kitchen", "a-z, 0-9 and '-'"),
        ("aead_key", "00", "64 hexadecimal digits"),
        ("tls_ca", "x", "PEM"),
        ("wifi_ssid", "a\0b", "control character"),
        ("no_such_setting_at_all", "1", "there is no setting"),
        ("wifi_ssid", "\ud800", "surrogate"),
    ],
)
def test_a_wrong_text_is_refused_with_a_sentence(key: str, text: str, sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        setting_value(key, text)
    assert key in keys(**{key: text})


def test_half_a_client_certificate_and_other_contradictions_are_named() -> None:
    assert keys(broker="mqtts://b", tls_cert=CERTIFICATE) == {"tls_key"}
    assert keys(mqtt_pass="p") == {"mqtt_user"}
    assert keys(broker="mqtt://b", tls_ca=CERTIFICATE) == {"broker"}
    assert keys(aead_key="00" * 32, chunk="200") == {"chunk"}


@given(st.sampled_from(sorted(SECRETS)), st.text(alphabet="!#$%+?*", min_size=4, max_size=4300))
def test_no_refusal_quotes_a_secret(key: str, secret: str) -> None:
    for problem in check_settings({key: secret}):
        assert secret not in problem.why


@given(st.sampled_from(SETTINGS), st.text(max_size=80))
def test_any_text_is_taken_or_refused_with_a_sentence(row: object, text: str) -> None:
    key = row.key  # type: ignore[attr-defined]
    refused = check_settings({key: text})
    try:
        setting_value(key, text)
        why = ""
    except SettingError as error:
        why = str(error)
    assert (why == "") == (key not in {problem.key for problem in refused if problem.why == why})
    assert all(problem.why for problem in refused)


def test_the_id_of_a_board_is_one_of_the_protocol() -> None:
    assert board_id(bytes.fromhex("246f28a1b20c")) == "cutpoint-a1b20c"
    assert board_id(bytes(6), name="a" * 25) == DeviceId("a" * 25 + "-000000")
    assert board_id(bytes(6), id="door-7") == "door-7"
    for wrong in ({"mac": bytes(5)}, {"mac": bytes(6), "name": "A"}, {"mac": bytes(6), "id": "a" * 33}):
        with pytest.raises(SettingError):
            board_id(**wrong)  # type: ignore[arg-type]


@given(st.text(alphabet="aZ0_-/+# .", max_size=12))
def test_a_root_is_right_for_the_board_if_it_is_for_the_edge(root: str) -> None:
    try:
        Topics(root)
        right = True
    except Exception:  # noqa: BLE001 (whatever the reason)
        right = False
    assert (keys(root=root) == set()) == right


@given(st.text(alphabet="aZ0-_.", max_size=34))
def test_an_id_is_right_for_the_board_if_it_is_for_the_edge(text: str) -> None:
    try:
        DeviceId(text)
        right = True
    except Exception:  # noqa: BLE001 (whatever the reason)
        right = text == ""  # takes the id away
    assert (keys(id=text) == set()) == right
