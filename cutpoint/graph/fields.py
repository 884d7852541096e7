"""What fields of a manifest may hold: names, counts, hashes, text that every file and terminal takes."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

LARGEST_COUNT: Final = (1 << 63) - 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LABEL = re.compile(r"[^\x00-\x1f\x7f]{1,64}")


def _check_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(
            "a name has 1 to 64 letters, digits, '.', '_' or '-', and begins with a letter or digit"
        )
    return name


def _check_label(label: str) -> str:
    if not _LABEL.fullmatch(label):
        raise ValueError("a label has 1 to 64 characters on one line")
    return label


def _check_text(text: str) -> str:
    # JSON can spell half a character ("\\ud800"), which no terminal, file or wire takes.
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("the text has half a character (a surrogate) in it")
    return text


Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
Text = Annotated[str, AfterValidator(_check_text)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, AfterValidator(_check_name)]
Label = Annotated[Text, AfterValidator(_check_label)]


class Entry(BaseModel):
    """A part of a manifest: frozen, and without fields that nobody knows."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)
