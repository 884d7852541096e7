"""A codec and the number of its setting as one word, the same wherever one is shown, stored or planned: `rans:12`."""

from __future__ import annotations

from cutpoint.codec.errors import CodecError
from cutpoint.codec.numbers import CodecId

MOST_SETTINGS = 255


def label_of(codec: CodecId, setting: int = 0) -> str:
    """`raw`, `jpeg`; `rans:12` for setting 12 of a calibrated codec, `rans` where the setting is not known."""
    name = codec.name.lower()
    return f"{name}:{setting}" if setting else name


def read_label(text: str) -> tuple[CodecId, int]:
    """Codec and setting (0: none) of what `label_of` gave; raises `CodecError` for anything else."""
    name, colon, number = text.partition(":")
    codec = _BY_NAME.get(name)
    if codec is None:
        raise CodecError(f"codec {name!r} is unknown; use one of {', '.join(_BY_NAME)}")
    if not colon:
        return codec, 0
    setting = int(number) if number.isdecimal() and number.isascii() and len(number) <= 3 else 0
    if not codec.calibrated or not 1 <= setting <= MOST_SETTINGS or number != str(setting):
        raise CodecError(
            f"{text!r} is no setting of a codec; calibrated codecs have some, 1 to {MOST_SETTINGS}"
        )
    return codec, setting


_BY_NAME = {codec.name.lower(): codec for codec in CodecId}
