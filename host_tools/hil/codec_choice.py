"""A codec as a person names it: `raw`, or a setting of a bundle's codec tables, `rans:12`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from cutpoint.codec import CodecError, CodecId, label_of, read_label
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
        return label_of(self.codec, self.setting)

    @classmethod
    def of_text(cls, text: str, bundle: Bundle) -> Self:
        """Read what `--codec` takes. Raises UsageError for what this bundle cannot be coded with."""
        try:
            codec, number = read_label(text.lower())
        except CodecError as error:
            raise UsageError(f"--codec is {text!r}: {error}") from None
        if not codec.calibrated:
            return cls(codec)
        entry, name = bundle.manifest.codecs, codec.name.lower()
        settings = [] if entry is None else [one for one in entry.settings if one.codec == name]
        chosen = next((one for one in settings if one.number == number), None)
        if chosen is None:
            offered = ", ".join(f"{label_of(codec, one.number)} (cut {one.cut})" for one in settings)
            raise UsageError(
                f"--codec is {text!r}; {bundle.name} has "
                + (
                    f"of this codec {offered}"
                    if offered
                    else "no setting of it: `cutpoint calibrate` makes them"
                )
            )
        return cls(codec, chosen.number, chosen.cut)
