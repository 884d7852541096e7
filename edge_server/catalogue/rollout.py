"""`rollout.toml`, a file in the models folder: which new versions serve which share of the devices."""

from __future__ import annotations

import hashlib
import os
import tempfile
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cutpoint.wire import DeviceId
from edge_server.errors import RolloutError

ROLLOUT_FILE = "rollout.toml"
_LARGEST_FILE_BYTES = 1 << 20
_HASHED = 1 << 64

BundleName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,119}\.cut$")]


class Rollout(BaseModel):
    """`new` and `over` are names of bundles in the folder; `share` of the devices, 0 to 1, is served by `new`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    new: BundleName
    over: BundleName
    share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

    @property
    def name(self) -> str:
        """What the choice of devices is drawn from: the same at every share, so a share grows and shrinks in order."""
        return self.new.removesuffix(".cut")

    def reaches(self, device: DeviceId) -> bool:
        """Whether the share takes this device in.

        The first 8 bytes of SHA-256("NAME/DEVICE") as a number below 2^64, against share x 2^64: the same on every
        replica and at every start, and other devices first for another name.
        """
        digest = hashlib.sha256(f"{self.name}/{device}".encode()).digest()
        return int.from_bytes(digest[:8]) < self.share * _HASHED


class Rollouts(BaseModel):
    """The whole file. A bundle is new over one other, and has one new over it, so versions stand in rows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rollout: tuple[Rollout, ...] = ()

    @model_validator(mode="after")
    def _rows(self) -> Self:
        after = {rollout.over: rollout.new for rollout in self.rollout}
        before = {rollout.new: rollout.over for rollout in self.rollout}
        if len(after) < len(self.rollout) or len(before) < len(self.rollout):
            raise ValueError("a bundle is `new` in one rollout at most, and `over` in one at most")
        for start in after:
            name: str | None = after[start]
            while name is not None:
                if name == start:
                    raise ValueError(f"{start} comes after itself: rollouts that go round in a circle")
                name = after.get(name)
        return self

    def of(self, new: str) -> Rollout | None:
        """The rollout of that bundle."""
        return next((rollout for rollout in self.rollout if rollout.new == new), None)

    def having(self, changed: Rollout) -> Rollouts:
        """The same with a rollout added, or in place of the one of that bundle; raises RolloutError."""
        others = tuple(rollout for rollout in self.rollout if rollout.new != changed.new)
        try:
            return Rollouts(rollout=(*others, changed))
        except ValidationError as error:
            raise RolloutError(f"{changed.new} over {changed.over}: {_first(error)}") from None

    def without(self, new: str) -> Rollouts:
        """The same without the rollout of that bundle."""
        return Rollouts(rollout=tuple(rollout for rollout in self.rollout if rollout.new != new))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file; none is a file without rollouts. Raises RolloutError with the first thing that is wrong."""
        try:
            if path.stat().st_size > _LARGEST_FILE_BYTES:
                raise RolloutError(f"{path} is larger than {_LARGEST_FILE_BYTES} bytes: no file of rollouts")
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise RolloutError(f"{path} cannot be read: {error.strerror or error}") from None
        except UnicodeDecodeError:
            raise RolloutError(f"{path} is no text") from None
        try:
            return cls.model_validate(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise RolloutError(
                f"{path} is not TOML ({error}); correct it, or remove it to end all rollouts"
            ) from None
        except ValidationError as error:
            raise RolloutError(f"{path}: {_first(error)}") from None

    def write(self, path: Path) -> None:
        """Put the file in place of what was there, in one step. Raises RolloutError."""
        lines = ["# Written by `cutpoint rollout`. Servers that watch this folder follow it."]
        for rollout in self.rollout:
            lines += [
                "",
                "[[rollout]]",
                f'new = "{rollout.new}"',
                f'over = "{rollout.over}"',
                f"share = {rollout.share!r}",
            ]
        temporary: str | None = None
        try:
            descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except OSError as error:
            if temporary is not None:
                with suppress(OSError):
                    Path(temporary).unlink()
            raise RolloutError(f"{path} cannot be written: {error.strerror or error}") from None


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(step)[:40] for step in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message
