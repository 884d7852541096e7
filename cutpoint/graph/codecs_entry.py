"""What a manifest says of the calibrated codecs: each setting in `codec.tables`, its bytes and what it costs."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, FiniteFloat, model_validator

from cutpoint.graph.fields import Count, Entry, Label, Sha256

MOST_SETTINGS = 255
Metric = Literal["f1", "accuracy", "agreement"]
CalibratedCodec = Literal["lowbit", "rans", "slicer", "delta"]
Share = Annotated[FiniteFloat, Field(ge=0, le=1)]
Bytes = Annotated[FiniteFloat, Field(ge=0)]


class CodecSettingEntry(Entry):
    """A setting as measured on pictures that had no part in making it.

    mean_bytes, largest_bytes: a frame's tensor data, without framing, for `delta` on still scenes. raw_share: of its
    frames that go raw. loss: points of the metric, below 0 where the answers happened to be better; margin: half of
    its 95 % interval, null where it was not drawn. agreement: with the whole model's answers. table_bytes: what the
    setting adds to the tables.
    """

    number: Annotated[int, Field(ge=1, le=MOST_SETTINGS)]
    cut: Count
    codec: CalibratedCodec
    what: Label
    mean_bytes: Bytes
    largest_bytes: Count
    raw_share: Share
    loss: FiniteFloat
    margin: Bytes | None = None
    agreement: Share
    table_bytes: Count
    lossless: bool


class JpegEntry(Entry):
    """The input picture as JPEG, at cut 0. header_bytes: of them, what is the same in every file of the quality."""

    quality: Annotated[int, Field(ge=1, le=100)]
    mean_bytes: Bytes
    header_bytes: Count
    loss: FiniteFloat
    margin: Bytes | None = None
    agreement: Share


class CodecsEntry(Entry):
    """The tables file and the calibration it comes from. version: the file's own, 8 hex digits.

    pictures: that the tables were fitted on; held_out: that the figures were measured on. metric: what loss is of;
    baseline: the metric of the whole model, null for agreement, whose best is 1.
    """

    bytes: Count
    sha256: Sha256
    version: Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")]
    pictures: Count
    held_out: Count
    metric: Metric
    baseline: Share | None
    settings: Annotated[tuple[CodecSettingEntry, ...], Field(min_length=1, max_length=MOST_SETTINGS)]
    jpeg: tuple[JpegEntry, ...]

    @model_validator(mode="after")
    def _numbers_fit(self) -> Self:
        if [setting.number for setting in self.settings] != list(range(1, len(self.settings) + 1)):
            raise ValueError("the settings are not numbered from 1 on")
        if (self.baseline is None) != (self.metric == "agreement"):
            raise ValueError(f"a baseline is out of place or missing for the metric {self.metric}")
        return self
