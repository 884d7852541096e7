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

    model is the device's .tflite, operators [0, on_board) of a network of `operators`; plan the Stream engine's, tables
    those of the codecs, or None. arena_bytes[k - 1] is TFLM's arena for operators [0, k), block_bytes[k - 1] Stream's
    block, 0 where nobody knows it. sha256 is of everything behind the header. stamp tells two images of one model
    apart.
    """

    name: str
    model_id: bytes
    operators: int
    on_board: int
    arena_bytes: tuple[int, ...]
    sha256: bytes
    model: bytes = field(repr=False)
    stamp: int = 0
    plan: bytes | None = field(repr=False, default=None)
    block_bytes: tuple[int, ...] = ()
    tables: bytes | None = field(repr=False, default=None)

    @property
    def size(self) -> int:
        """Bytes of the whole image, header included."""
        return _core.SLOT_HEADER_BYTES + len(_body(self.model, self.plan, self.tables))


def slot_image(
    bundle: Bundle,
    on_board: int | None = None,
    *,
    stamp: int = 0,
    with_plan: bool = True,
    with_tables: bool = True,
) -> bytes:
    """Header, device model, stream plan and codec tables of a bundle, for a board that holds `on_board` operators: K by
    default.

    An image is of the oldest version that has a place for what it holds: 1 for the model alone, 2 with a plan, 3 with
    tables. with_plan=False and with_tables=False leave them out, for firmware that does not know them.

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
    plan, blocks = _plan(bundle, k) if with_plan else (None, [])
    tables = bundle.codec_tables if with_tables else None
    body = _body(model, plan, tables)
    # The tables share a sector.
    entries = _core.SLOT_ARENA_ENTRIES // (1 if plan is None else 2)
    arenas = [cut.arena_bytes.get("tflm") or 0 for cut in bundle.cuts[1 : k + 1]]
    try:
        header = _core.write_slot_header(
            bundle.model_id,
            hashlib.sha256(body).digest(),
            len(model),
            bundle.n,
            k,
            bundle.name,
            tuple(arenas[:entries]),
            stamp,
            0 if plan is None else len(plan),
            tuple(blocks[:entries]),
            0 if tables is None else len(tables),
        )
    except ValueError as error:
        raise SlotError(f"{bundle.name} cannot be put into a slot: {error}") from None
    return header + body


def read_slot_image(image: bytes) -> SlotImage:
    """Check a slot image as a board does: header, size, SHA-256. Raises SlotError with the board's own sentence.

    Bytes behind the image are not looked at: a partition is larger than what lies in it.
    """
    header = _core.read_slot_header(image)
    if isinstance(header, int):
        raise SlotError(_core.slot_fault_text(header))
    model_id, sha256, model_bytes, operators, on_board, name, arena, stamp = header[:8]
    plan_bytes, plan_at, block, tables_bytes, tables_at = header[8:]
    end = plan_at + plan_bytes if plan_bytes else _core.SLOT_HEADER_BYTES + model_bytes
    end = tables_at + tables_bytes if tables_bytes else end
    body = image[_core.SLOT_HEADER_BYTES : end]
    if len(body) != end - _core.SLOT_HEADER_BYTES:
        raise SlotError(_core.slot_fault_text(_core.SLOT_FAULT_TRUNCATED))
    if hashlib.sha256(body).digest() != sha256 or body[4:8] != b"TFL3":
        raise SlotError(_core.slot_fault_text(_core.SLOT_FAULT_MODEL))
    plan = image[plan_at : plan_at + plan_bytes] if plan_bytes else None
    if plan is not None and plan[:4] != b"CPSP":
        raise SlotError(_core.slot_fault_text(_core.SLOT_FAULT_PLAN))
    tables = image[tables_at:end] if tables_bytes else None
    if tables is not None and tables[:4] != b"CPCT":
        raise SlotError(_core.slot_fault_text(_core.SLOT_FAULT_TABLES))
    model = body[:model_bytes]
    return SlotImage(name, model_id, operators, on_board, arena, sha256, model, stamp, plan, block, tables)


def _body(model: bytes, *behind: bytes | None) -> bytes:
    """What lies behind the header: the model, then what there is, each at a multiple of 4."""
    body = model
    for part in behind:
        if part is not None:
            body += bytes(-len(body) % _core.SLOT_ALIGNMENT) + part
    return body


def _plan(bundle: Bundle, k: int) -> tuple[bytes | None, list[int]]:
    """The plan for operators [0, k), or as many of them as can be streamed, and what each head needs; None for none."""
    plan = bundle.plan_for(k)
    streamed = 0 if plan is None else min(k, bundle.manifest.stream.operators)
    return plan, [cut.arena_bytes.get("stream") or 0 for cut in bundle.cuts[1 : streamed + 1]]
