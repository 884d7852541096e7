"""What a device says on its `note` topic: JSON, one object a message."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cutpoint.errors import PeerError

MOST_NOTE_BYTES = 1024

Name = Annotated[str, Field(min_length=1, max_length=32)]
Sentence = Annotated[str, Field(max_length=512)]
Count = Annotated[int, Field(ge=0, le=0xFFFF_FFFF, strict=True)]


class NoteError(PeerError):
    """A `note` payload that is not what the protocol says."""


class UpdateKind(StrEnum):
    """What an update replaces."""

    MODEL = "model"
    FIRMWARE = "firmware"


class UpdateState(StrEnum):
    """How far an update has come; the last four end it."""

    READY = "ready"
    RECEIVING = "receiving"
    TRYING = "trying"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    RETURNED = "returned"

    @property
    def final(self) -> bool:
        """Whether nothing of this update comes afterwards."""
        return self in (self.DONE, self.REFUSED, self.FAILED, self.RETURNED)


class Note(BaseModel):
    """`note` names what it is about, `text` is a sentence for people; what else it holds is in `more`."""

    model_config = ConfigDict(frozen=True, extra="allow")

    note: Name
    text: Sentence = ""

    @property
    def more(self) -> dict[str, Any]:
        """Fields that this version gives no name to."""
        return dict(self.model_extra or {})


class UpdateNote(Note):
    """Where an update stands: `offset` of `size` bytes are there, and the next piece belongs at `offset`."""

    note: Literal["update"] = "update"
    kind: UpdateKind
    state: UpdateState
    offset: Count = 0
    size: Count = 0


def note_json(note: Note) -> bytes:
    """The payload of the `note` topic. Raises `NoteError` above 1 KB."""
    payload = note.model_dump_json().encode()
    if len(payload) > MOST_NOTE_BYTES:
        raise NoteError(f"a note of {len(payload)} bytes is too large; {MOST_NOTE_BYTES} are allowed")
    return payload


def parse_note(payload: bytes) -> Note:
    """Reads a `note` payload: an `UpdateNote` where it is about an update. Raises `NoteError`."""
    if len(payload) > MOST_NOTE_BYTES:
        raise NoteError(f"note of {len(payload)} bytes refused; at most {MOST_NOTE_BYTES} are read")
    try:
        said = json.loads(payload)
        about = said.get("note") if isinstance(said, dict) else None
        return (UpdateNote if about == "update" else Note).model_validate(said)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "payload"
        raise NoteError(f"note refused: {where}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise NoteError("note refused: it is not JSON") from error
