"""Ask at a terminal for what a board cannot do without and nobody has given yet."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterable

from cutpoint.board import SettingError, setting_value
from cutpoint.errors import UsageError
from host_tools.provision.settings import SCHEMA
from host_tools.provision.sources import Given

ORIGIN = "question"
TRIES = 3

Ask = Callable[[str], str]


def ask_for_missing(
    given: Iterable[Given],
    *,
    only_wifi: bool = False,
    ask: Ask = input,
    ask_secret: Ask = getpass.getpass,
    tell: Callable[[str], None] = print,
) -> list[Given]:
    """Answers for the network, the broker, and the passwords that go with them; nothing that was given is asked.

    `ask_secret` does not echo. A wrong answer is asked again, three times.

    Raises:
        UsageError: the third answer was wrong too, or the input ended.
    """
    known = {one.key: one.text for one in given}
    answers: list[Given] = []

    def need(key: str, question: str, how: Ask) -> str:
        if key not in known:
            known[key] = _answer(key, question, how, tell)
            if known[key]:
                answers.append(Given(key, known[key], ORIGIN))
        return known[key]

    network = "Wi-Fi network" if only_wifi else "Wi-Fi network (empty: Ethernet, or Improv later)"
    if need("wifi_ssid", network, ask):
        need("wifi_pass", "Wi-Fi password (empty: open network)", ask_secret)
    if only_wifi:
        return answers
    need("broker", "Broker, mqtt://HOST or mqtts://HOST", ask)
    if need("mqtt_user", "User name at the broker (empty: none)", ask):
        need("mqtt_pass", "Password at the broker", ask_secret)
    return answers


def _answer(key: str, question: str, how: Ask, tell: Callable[[str], None]) -> str:
    for left in reversed(range(TRIES)):
        try:
            text = how(f"{question}: ")
        except EOFError:
            where = "@FILE" if SCHEMA[key].secret else "..."
            raise UsageError(
                f"{key} was asked for and the input ended; give it with --set {key}={where}"
            ) from None
        try:
            setting_value(key, text)
        except SettingError as error:
            if not left:
                raise
            tell(str(error))
            continue
        return text
    raise AssertionError("the last answer is taken or raised")
