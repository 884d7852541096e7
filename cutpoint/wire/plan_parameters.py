"""The parameters of a plan whose codec is made with tables: which setting, of which tables."""

from __future__ import annotations

import struct

_FORM = struct.Struct("<BI")


def plan_parameters(setting: int, version: int) -> bytes:
    """The five bytes; `setting` from 1 to 255, `version` as `CodecTables` has it. Raises ValueError for others."""
    if not 1 <= setting <= 255 or not 0 <= version <= 0xFFFF_FFFF:
        raise ValueError(
            f"setting {setting} of tables {version} cannot be planned; settings are 1 to 255, versions 32 bits"
        )
    return _FORM.pack(setting, version)


def setting_of(parameters: bytes) -> tuple[int, int] | None:
    """(setting, version of the tables); None for what are no such parameters."""
    if len(parameters) != _FORM.size or parameters[0] == 0:
        return None
    setting, version = _FORM.unpack(parameters)
    return setting, version
