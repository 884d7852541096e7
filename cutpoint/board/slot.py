"""Slot images: what lies in a model partition of a board, and what `cutpoint update` sends."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from cutpoint import _core
from cutpoint.board.errors import SlotError
from cutpoint.graph import Bundle


@dataclass(frozen=True, slots=True)
class SlotImage:
    """A checked slot image.

    model is the device's .tflite, operators [0, on_board) of a network of `operators`. arena_bytes[k - 1] is TFLM's
    arena for operators [0, k), 0 where nobody measured it. stamp tells two images of one model apart.
    """

    name: str
    model_id: bytes
    operators: int
    on_board: int
    arena_bytes: tuple[int, ...]
    sha256: bytes
    model: bytes = field(repr=False)
    stamp: int = 0

    @property
    def size(self) -> int:
        """Bytes of the whole image, header included."""
        return _core.SLOT_HEADER_BYTES + len(self.model)


def slot_image(bundle: Bundle, on_board: int | None = None, *, stamp: int = 0) -> bytes:
    """Header and device model of a bundle, for a board that holds `on_board` operators: the bundle's K by default.

    A board tries an image that it finds in a slot after a restart unless it has judged the very same bytes before. So
    what is written by cable gets a stamp of its own (any number below 2^32); what is sent over MQTT gets none, so that
    a transfer can be resumed. Raises SlotError for more operators than the bundle was made for.
    """
    k = bundle.max_cut if on_board is None else on_board
    if not 0 <= k <= bundle.max_cut:
        raise SlotError(
            f"a board cannot hold {k} operators of {bundle.name}: the bundle was made for 0 to {bundle.max_cut}; "
            "`cutpoint split --max-cut` makes one for more"
        )
    model = bundle.device if k == bundle.max_cut else bundle.model().truncate(k)
    arena = [cut.arena_bytes.get("tflm") or 0 for cut in bundle.cuts[1 : k + 1]]
    try:
        header = _core.write_slot_header(
            bundle.model_id,
            hashlib.sha256(model).digest(),
            len(model),
            bundle.n,
            k,
            bundle.name,
            tuple(arena[: _core.SLOT_ARENA_ENTRIES]),
            stamp,
        )
    except ValueError as error:
        raise SlotError(f"{bundle.name} cannot be put into a slot: {error}") from None
    return header + model


def read_slot_image(image: bytes) -> SlotImage:
    """Check a slot image as a board does: header, size, SHA-256. Raises SlotError with the board's own sentence.

    Bytes behind the image are not looked at: a partition is larger than what lies in it.
    """
    header = _core.read_slot_header(image)
    if isinstance(header, int):
        raise SlotError(_core.slot_fault_text(header))
    model_id, sha256, model_bytes, operators, on_board, name, arena, stamp = header
    model = image[_core.SLOT_HEADER_BYTES : _core.SLOT_HEADER_BYTES + model_bytes]
    if len(model) != model_bytes:
        raise SlotError(_core.slot_fault_text(_core.SLOT_FAULT_TRUNCATED))
    if hashlib.sha256(model).digest() != sha256 or model[4:8] != b"TFL3":
        raise SlotError(_core.slot_fault_text(_core.SLOT_FAULT_MODEL))
    return SlotImage(name, model_id, operators, on_board, arena, sha256, model, stamp)
