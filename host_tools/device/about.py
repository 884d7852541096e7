"""What a virtual device says of itself on its `about` topic."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from cutpoint.codec import CodecId
from cutpoint.wire import cuts_text
from host_tools.device.lines import cuts_taken
from host_tools.device.on_board import OnBoard
from host_tools.device.profile import Profile
from host_tools.device.settings import DeviceSettings


def about_fields(model: OnBoard, profile: Profile, settings: DeviceSettings, boot: int) -> dict[str, object]:
    """The JSON object of docs/protocol.md, "About", for the life of that boot number."""
    engine = model.engine
    fields: dict[str, object] = {
        "firmware": f"cutpoint-pc {_version()}",
        "chip": profile.chip,
        "modelled": profile.modelled,
        "model": model.model_id.hex(),
        "operators": engine.on_board,
        "engine": engine.name,
        "codecs": _codecs(model, settings),
        "max_payload": settings.chunk_bytes,
        "boot": boot,
        "partial": True,
        "update": settings.update,
        "slot_bytes": settings.slot_bytes,
    }
    if settings.jpeg is not None:
        fields["jpeg_quality"] = settings.jpeg
    if model.tables is not None:
        fields["tables"] = f"{model.tables.version:08x}"
        fields["history"] = settings.history
    lines = engine.lines()
    if lines is not None:
        fields["overlap"] = True
    cuts = cuts_taken(lines, engine.on_board)
    if cuts is not None:
        fields["cuts"] = cuts_text(cuts)
    if profile.memory is not None:
        fields["free_ram"] = profile.memory.arena_bytes
    return fields


def _codecs(model: OnBoard, settings: DeviceSettings) -> list[str]:
    """What tensors can be coded with; of those that need tables, delta needs a memory too."""
    names = [CodecId.RAW, CodecId.BITMAP]
    if settings.jpeg is not None:
        names.append(CodecId.JPEG)
    if model.tables is not None:
        names += [CodecId.LOWBIT, CodecId.RANS, CodecId.SLICER]
        names += [CodecId.DELTA] if settings.history else []
    return [codec.name.lower() for codec in names]


def _version() -> str:
    try:
        return version("cutpoint")
    except PackageNotFoundError:
        return "unknown"
