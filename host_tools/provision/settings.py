"""Settings gathered from several sources; what a board would refuse is refused here, in the firmware's own words."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cutpoint.board import SETTINGS, Setting, SettingError, check_settings, setting_value
from host_tools.provision.nvs_image import MOST_KEY_CHARACTERS, Entry
from host_tools.provision.sources import Given

SCHEMA: Mapping[str, Setting] = {one.key: one for one in SETTINGS}


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings that are right one by one and go together; an absent one is at its default. Shows no secret."""

    given: Mapping[str, Given] = field(repr=False)

    def text(self, key: str) -> str:
        """The text of a setting, its default where it was not given."""
        return self.given[key].text if key in self.given else SCHEMA[key].initial

    def entries(self) -> list[Entry]:
        """What NVS holds of them; an empty text, certificate or key is not kept."""
        found = []
        for key, one in self.given.items():
            kind = SCHEMA[key].encoding
            if one.text or kind not in ("string", "hex2bin"):
                found.append(Entry(key, "blob" if kind == "hex2bin" else kind, setting_value(key, one.text)))
        return found

    def described(self) -> dict[str, str]:
        """Each given setting as it may be shown: a secret as 'set', a certificate by its size."""
        return {key: _shown(SCHEMA[key], one.text) for key, one in self.given.items()}


def gather(given: Iterable[Given]) -> Settings:
    """Settings from what was given, the later over the earlier.

    Raises:
        SettingError: a key is unknown or too long for NVS, a value breaks its rule, or two do not go together.
    """
    found: dict[str, Given] = {}
    for one in given:
        if one.key not in SCHEMA:
            raise SettingError(_unknown(one))
        found[one.key] = one
    problems = check_settings({key: one.text for key, one in found.items()})
    if problems:
        said = [
            f"{problem.why} ({found[problem.key].origin})" if problem.key in found else problem.why
            for problem in problems
        ]
        raise SettingError("; ".join(said))
    return Settings({key: found[key] for key in SCHEMA if key in found})


def _unknown(given: Given) -> str:
    key = given.key
    if len(key) > MOST_KEY_CHARACTERS:
        return (
            f"setting {key[:40]!r} ({given.origin}) has {len(key)} characters; NVS takes keys of up to "
            f"{MOST_KEY_CHARACTERS}, and there is no such setting: cutpoint provision --list"
        )
    near = difflib.get_close_matches(key, SCHEMA, 1)
    hint = f"did you mean {near[0]}?" if near else "cutpoint provision --list names all"
    return f"there is no setting {key!r} ({given.origin}); {hint}"


def _shown(setting: Setting, text: str) -> str:
    if not text:
        return "not set"
    if setting.secret:
        return "set"
    return f"{len(text.encode()):,} B" if setting.kind == "pem" else text
