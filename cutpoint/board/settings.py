"""The settings of a board. Table, parsing and checks are those of the firmware (firmware/device/settings)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from cutpoint import _core
from cutpoint.board.errors import SettingError

SettingKind = Literal["text", "pem", "choice", "u8", "u16", "u32", "hex", "key"]
NvsEncoding = Literal["string", "u8", "u16", "u32", "hex2bin"]

SETTINGS_NAMESPACE: Final = "cutpoint"
"""The namespace in the NVS partition `nvs`."""

_ENCODING: Final[Mapping[SettingKind, NvsEncoding]] = {
    "text": "string",
    "pem": "string",
    "choice": "u8",
    "u8": "u8",
    "u16": "u16",
    "u32": "u32",
    "hex": "hex2bin",
    "key": "hex2bin",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the schema. least and most bound a number; most is also the characters of a text, the bytes of hex."""

    key: str
    kind: SettingKind
    secret: bool
    least: int
    most: int
    initial: str
    choices: tuple[str, ...]
    help: str

    @property
    def encoding(self) -> NvsEncoding:
        """How esp-idf-nvs-partition-gen is to store it. A choice is stored as its place in `choices`."""
        return _ENCODING[self.kind]


@dataclass(frozen=True, slots=True)
class SettingProblem:
    """key is the setting to change; why is a sentence without secrets."""

    key: str
    why: str


SETTINGS: Final[tuple[Setting, ...]] = tuple(Setting(*row) for row in _core.settings_schema())
_BY_KEY: Final = {setting.key: setting for setting in SETTINGS}


def setting(key: str) -> Setting:
    """The row of one key; raises SettingError when there is none."""
    try:
        return _BY_KEY[key]
    except KeyError:
        raise SettingError(f"there is no setting {key[:24]!r}; there are {', '.join(_BY_KEY)}") from None


def setting_value(key: str, text: str) -> int | str | bytes:
    """What is stored for a text: a number (for a choice its place), a text, or bytes. Raises SettingError."""
    setting(key)
    _check_characters(key, text)
    try:
        return _core.setting_value(key, text)
    except ValueError as error:
        raise SettingError(str(error)) from None


def check_settings(values: Mapping[str, str]) -> tuple[SettingProblem, ...]:
    """What a board would refuse about these texts, alone and together. What is not named is at its default."""
    found: list[SettingProblem] = []
    known: dict[str, str] = {}
    for key, text in values.items():
        try:
            setting(key)
            _check_characters(key, text)
            known[key] = text
        except SettingError as error:
            found.append(SettingProblem(key, str(error)))
    return (*found, *(SettingProblem(*row) for row in _core.check_settings(known)))


def board_id(mac: bytes, *, name: str = "cutpoint", id: str = "") -> str:
    """The device id of a board: `id`, or `name` and the last six hexadecimal digits of its MAC (6 bytes)."""
    try:
        return _core.device_id(name, id, mac)
    except ValueError as error:
        raise SettingError(str(error)) from None


def _check_characters(key: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise SettingError(
            f"{key} has half a character (a surrogate) in it, which no board can store"
        ) from None
