"""Measured speeds of boards: what a planner starts from instead of the built-in figures."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cutpoint.plan import MACHINES, MachineClass
from edge_server.errors import ConfigError


class _Planner(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    mac_us: float = Field(gt=0, le=1e6, allow_inf_nan=False)
    byte_us: float = Field(ge=0, le=1e6, allow_inf_nan=False)
    overhead_us: float = Field(ge=0, le=1e6, allow_inf_nan=False)
    source: str


class _Board(BaseModel):
    """The part of a device profile that a server needs; the rest is the virtual device's."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    chip: str = Field(min_length=1, max_length=64)
    planner: _Planner


def machine_classes(profiles: Iterable[Path]) -> Mapping[str, MachineClass]:
    """Machine classes by chip: the built-in ones, and instead of them those of device profiles (`cutpoint profile`).

    Raises ConfigError for a file that cannot be read, has no table `planner`, or names a chip that another has named.
    """
    known, named = dict(MACHINES), dict[str, Path]()
    for path in profiles:
        try:
            board = _Board.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise ConfigError(
                f"machine {path}: cannot be read ({error.strerror}); name a file that `cutpoint profile` wrote"
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"machine {path}: is not TOML ({error}); correct that line") from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise ConfigError(
                f"machine {path}: {where}: {first['msg']}; `cutpoint profile` writes profiles with a table planner"
            ) from error
        if board.chip in named:
            raise ConfigError(
                f"machine {path}: {named[board.chip]} speaks for chip {board.chip!r} already; give one"
            )
        named[board.chip] = path
        speed, chip = board.planner, MACHINES.get(board.chip, MACHINES["esp32"])
        known[board.chip] = MachineClass(
            board.chip,
            speed.mac_us,
            speed.byte_us,
            speed.overhead_us,
            speed.source,
            chip.instruction_us,
        )
    return known
