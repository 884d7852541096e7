"""What a server says of itself to the other servers behind the same broker."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cutpoint.errors import PeerError, UsageError

MOST_BYTES = 1024
_NAME = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)


class ReplicaIdError(UsageError):
    """A name that no replica can have."""


class AnnouncementError(PeerError):
    """A payload on a replica's topic that is not what the protocol says."""


class ReplicaId(str):
    """A server's name among its replicas: 1 to 32 of a-z, 0-9 and '-'. Raises `ReplicaIdError`."""

    __slots__ = ()

    def __new__(cls, name: str) -> Self:
        if not _NAME.fullmatch(name):
            raise ReplicaIdError(f"replica {name[:64]!r} is not 1 to 32 characters of a-z, 0-9 and '-'")
        return super().__new__(cls, name)


class Standing(StrEnum):
    """How a replica stands to the devices."""

    JOINING = "joining"
    """It learns who is there, and owns none yet."""
    HERE = "here"
    """It has subscribed to what its devices send."""
    GONE = "gone"
    """It left, or its last will says that it was lost."""


class Announcement(BaseModel):
    """Retained under the replica's topic. Fields that a reader does not know are ignored.

    `started_ns`, Unix time, tells one life of a name from another; `weight` is its capacity relative to the others'.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    replica: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
    standing: Standing
    started_ns: Annotated[int, Field(ge=0, lt=1 << 63, strict=True)]
    weight: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = 1.0
    version: Annotated[str, Field(max_length=64)] = ""

    def standing_as(self, standing: Standing) -> Announcement:
        """The same replica, in another standing."""
        return self.model_copy(update={"standing": standing})

    def payload(self) -> bytes:
        """The JSON that is published."""
        return self.model_dump_json().encode()


def parse_announcement(payload: bytes) -> Announcement:
    """Read a payload; raises AnnouncementError."""
    if len(payload) > MOST_BYTES:
        raise AnnouncementError(f"an announcement of {len(payload)} bytes; at most {MOST_BYTES} are read")
    try:
        return Announcement.model_validate_json(payload)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "announcement"
        raise AnnouncementError(f"{where}: {first['msg']}") from error


@dataclass(frozen=True, slots=True)
class ReplicaTopics:
    """`<root>/edge/replica/<id>`: one level more than any topic of a device, so none can be taken for the other."""

    root: str

    def of(self, replica: str) -> str:
        """Where a replica announces itself."""
        return f"{self.root}/edge/replica/{replica}"

    @property
    def all(self) -> str:
        """The filter that matches every replica."""
        return self.of("+")

    def holds(self, topic: str) -> bool:
        """Whether this is a replica's topic."""
        return topic.startswith(f"{self.root}/edge/replica/")
