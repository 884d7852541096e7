"""A codec as a person names it: `raw`, or a setting of a bundle's codec tables, `rans:12`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from cutpoint.codec import CodecId
from cutpoint.errors import UsageError
from cutpoint.graph import Bundle


@dataclass(frozen=True, slots=True)
class CodecChoice:
    """codec, and where it is made with tables the number of the setting and the only cut that it is for."""

    codec: CodecId = CodecId.RAW
    setting: int = 0
    cut: int | None = None

    @property
    def label(self) -> str:
        """As it is written."""
        name = self.codec.name.lower()
        return f"{name}:{self.setting}" if self.setting else name

    @classmethod
    def of_text(cls, text: str, bundle: Bundle) -> Self:
        """Read what `--codec` takes. Raises UsageError for what this bundle cannot be coded with."""
        name, colon, number = text.lower().partition(":")
        codec = next((codec for codec in CodecId if codec.name.lower() == name), None)
        if codec is None:
            known = ", ".join(codec.name.lower() for codec in CodecId)
            raise UsageError(f"--codec is {text!r}; known are {known}")
        if not codec.calibrated:
            if colon:
                raise UsageError(f"--codec is {text!r}; {name} has no settings")
            return cls(codec)
        entry = bundle.manifest.codecs
        settings = [] if entry is None else [one for one in entry.settings if one.codec == name]
        chosen = next((one for one in settings if str(one.number) == number), None)
        if chosen is None:
            offered = ", ".join(f"{name}:{one.number} (cut {one.cut})" for one in settings)
            raise UsageError(
                f"--codec is {text!r}; {bundle.name} has "
                + (
                    f"of this codec {offered}"
                    if offered
                    else "no setting of it: `cutpoint calibrate` makes them"
                )
            )
        return cls(codec, chosen.number, chosen.cut)
