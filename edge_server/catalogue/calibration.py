"""What a bundle's calibration offers to planner and decoder: settings, their tables, what each costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cutpoint.codec import CodecTables, label_of, read_label
from cutpoint.codec.numbers import CodecId
from cutpoint.graph.codecs_entry import CodecsEntry, CodecSettingEntry, JpegEntry
from cutpoint.plan import CodecSetting


@dataclass(frozen=True, slots=True)
class Coder:
    """What a device can code, as it said itself.

    codecs        by name
    tables        version of its codec tables
    history       bytes of tensors that it remembers for `delta`
    jpeg_quality  of its camera's JPEGs
    """

    codecs: tuple[str, ...] = ()
    tables: int | None = None
    history: int = 0
    jpeg_quality: int | None = None


class Calibration:
    """Belongs to one version of one model, and never changes. Can be pickled: models go to the hosts of a cluster."""

    def __init__(self, entry: CodecsEntry, file: bytes, model_id: bytes) -> None:
        """`file` is the bundle's `codec.tables`. Raises CodecError for one that is none."""
        self.entry = entry
        self._made_of = (entry, file, model_id)
        self.tables = CodecTables.open(file, model_id)
        self.version = self.tables.version
        self._by_number = {setting.number: setting for setting in entry.settings}

    def __reduce__(self) -> tuple[type[Calibration], tuple[CodecsEntry, bytes, bytes]]:
        return Calibration, self._made_of

    def setting(self, number: int) -> CodecSettingEntry | None:
        """The setting with this number; None where there is none."""
        return self._by_number.get(number)

    def lossless(self, codec: CodecId, number: int) -> bool:
        """Whether what travels so comes out bit for bit; a JPEG never does."""
        if not codec.calibrated:
            return codec is not CodecId.JPEG
        setting = self.setting(number)
        return setting is not None and setting.lossless

    def agreement(self, label: str) -> float | None:
        """How far answers under a setting agreed with the whole network's, 0 to 1; None where nobody measured it."""
        codec, number = read_label(label)
        setting = self.setting(number) if codec.calibrated else None
        return None if setting is None else setting.agreement

    def settings(self, cut_bytes: tuple[int, ...], coder: Coder | None) -> Iterator[CodecSetting]:
        """The rows of a planner; each says why a device with this coder cannot take it. None: a device that can all."""
        for entry in self.entry.settings:
            if entry.cut >= len(cut_bytes) - 1:
                continue  # The answer travels there, and no planner codes it.
            yield CodecSetting(
                entry.number,
                entry.cut,
                entry.codec,
                entry.mean_bytes,
                loss=min(max(entry.loss, -100.0), 100.0),
                lossless=entry.lossless,
                why_not="" if coder is None else self._why_not(entry, cut_bytes[entry.cut], coder),
            )

    def jpeg(self, quality: int | None) -> JpegEntry | None:
        """What was measured of JPEGs of this quality, or of the next lower one, which cannot lose less."""
        if quality is None:
            return None
        lower = [entry for entry in self.entry.jpeg if entry.quality <= quality]
        return max(lower, key=lambda entry: entry.quality, default=None)

    def _why_not(self, entry: CodecSettingEntry, cut_bytes: int, coder: Coder) -> str:
        if entry.codec not in coder.codecs:
            return f"the device has no {entry.codec} coder"
        if coder.tables is None:
            return "the device has no codec tables"
        if coder.tables != self.version:
            return f"the device has codec tables {coder.tables:08x}, this bundle's are {self.version:08x}"
        if entry.codec == label_of(CodecId.DELTA) and coder.history < cut_bytes:
            return f"the device remembers {coder.history} B of tensors, this cut has {cut_bytes} B"
        return ""
