"""What a device says of itself in JSON: `state` and `about`."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from cutpoint.errors import PeerError
from cutpoint.wire.cuts import parse_cuts
from cutpoint.wire.ids import ModelId

MOST_BYTES = 2048
_U32 = 0xFFFF_FFFF

Text = Annotated[str, Field(max_length=64)]
Count = Annotated[int, Field(ge=0, le=_U32, strict=True)]


def _are_cuts(text: str) -> str:
    parse_cuts(text)
    return text


Cuts = Annotated[str, AfterValidator(_are_cuts)]


class PresenceError(PeerError):
    """A `state` or `about` payload that is not what the protocol says."""


class Presence(StrEnum):
    """Is the device there?"""

    ONLINE = "online"
    SLEEPING = "sleeping"
    LOST = "lost"


class State(BaseModel):
    """The device's presence, and the boot number that it belongs to."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    state: Presence
    boot: Count


class About(BaseModel):
    """What the device is; fields that this version does not know are ignored.

    `model`: model id in hexadecimal; `operators`: how many of the model's operators are on board; `free_ram`
    in bytes; `max_payload`: largest frame in bytes; `app`, `idf`: versions of the application and of its SDK;
    `reset`: why this life began; `safe_mode`: it only listens for updates, after lives that died early; `update`:
    off, model or all; `slot_bytes`: the largest slot image that it takes; `cuts`: those that it has the memory for,
    None for all up to `operators`; `overlap`: what is coded raw begins to leave while its head still runs; `tables`:
    version of the codec tables on board; `history`: bytes of tensors that it can remember for `delta`; `jpeg_quality`:
    of its camera's JPEGs; `partial`: it takes answers that the edge made of the chunks that came. None is what the
    device does not say.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")]
    operators: Annotated[int, Field(ge=0, le=0xFFFF, strict=True)]
    boot: Count
    firmware: Text | None = None
    chip: Text | None = None
    engine: Text | None = None
    codecs: Annotated[tuple[Text, ...], Field(max_length=16)] = ("raw",)
    free_ram: Count | None = None
    max_payload: Count | None = None
    app: Text | None = None
    idf: Text | None = None
    reset: Text | None = None
    safe_mode: bool | None = None
    update: Text | None = None
    slot_bytes: Count | None = None
    cuts: Cuts | None = None
    overlap: bool | None = None
    tables: Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")] | None = None
    history: Count | None = None
    jpeg_quality: Annotated[int, Field(ge=1, le=100)] | None = None
    partial: bool | None = None

    @property
    def model_id(self) -> ModelId:
        """`model` as a value that compares with a frame's."""
        return ModelId.of_hex(self.model)


def state_json(state: Presence, boot: int) -> bytes:
    """The payload of the `state` topic."""
    return State(state=state, boot=boot).model_dump_json().encode()


def about_json(about: About) -> bytes:
    """The payload of the `about` topic; what is None is left out. Raises `PresenceError` above 2 KB."""
    payload = about.model_dump_json(exclude_none=True).encode()
    if len(payload) > MOST_BYTES:
        raise PresenceError(
            f"an about message of {len(payload)} bytes is too large; {MOST_BYTES} are allowed"
        )
    return payload


def parse_state(payload: bytes) -> State:
    """Reads a `state` payload; raises `PresenceError`."""
    return _parse(State, payload)


def parse_about(payload: bytes) -> About:
    """Reads an `about` payload; raises `PresenceError`."""
    return _parse(About, payload)


_Said = TypeVar("_Said", State, About)


def _parse(kind: type[_Said], payload: bytes) -> _Said:
    name = kind.__name__.lower()
    if len(payload) > MOST_BYTES:
        raise PresenceError(f"{name} of {len(payload)} bytes refused; at most {MOST_BYTES} are read")
    try:
        return kind.model_validate(json.loads(payload))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "payload"
        raise PresenceError(f"{name} refused: {where}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise PresenceError(f"{name} refused: it is not JSON") from error
