"""What a board is like: clock, cycles, memory, currents. Every figure says where it comes from."""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cutpoint.errors import UsageError
from host_tools.device.workload import Workload

_FOLDER = Path(__file__).with_name("profiles")

MOST_US = 0xFFFF_FFFF
"""The longest time of one operator that a frame can state."""

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Basis(StrEnum):
    """How far a figure can be trusted."""

    PUBLISHED = "published"
    MEASURED = "measured"
    DERIVED = "derived"
    ASSUMED = "assumed"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Sourced(_Strict):
    basis: Basis
    source: str = Field(min_length=10)


class Clock(_Sourced):
    mhz: Positive


class CyclesPerMac(_Sourced):
    """CPU cycles per multiply-accumulate by kind of operator, int8; `conv` is every kernel above 1x1."""

    conv_pointwise: Positive
    conv: Positive
    depthwise: Positive
    fully_connected: Positive


class Elementwise(_Sourced):
    """For operators without multiply-accumulates: additions, pooling, softmax, reshaping."""

    cycles_per_output_byte: NotNegative


class Overhead(_Sourced):
    """Microseconds that every operator costs besides."""

    operator_us: NotNegative


class Coding(_Sourced):
    """For codecs, whose work is counted in instructions of rv32imc: this board's cycles for one of them."""

    cycles_per_instruction: Positive


class Jitter(_Sourced):
    """Spread of every operator's time: `sigma` of the logarithm, or relative standard deviation."""

    shape: Literal["lognormal", "gaussian"]
    sigma: Annotated[float, Field(ge=0, le=1)]


class Memory(_Sourced):
    """The largest block that an arena can have."""

    arena_bytes: Annotated[int, Field(gt=0)]


class Current(_Sourced):
    """Supply currents in mA and the supply voltage."""

    cpu_ma: NotNegative
    rx_ma: NotNegative
    tx_ma: NotNegative
    sleep_ma: NotNegative
    volts: Positive


class Wake(_Sourced):
    """From deep sleep to one message delivered."""

    time_ms: NotNegative
    charge_mc: NotNegative


class PlannerPrior(_Sourced):
    """What a planner starts from for this chip (`cutpoint serve --machine`): one speed for all MACs."""

    mac_us: Positive
    byte_us: NotNegative
    overhead_us: NotNegative


class Profile(_Strict):
    """A board. Without a clock (`host`) nothing is modelled: times are what this computer really takes."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    chip: str
    title: str
    clock: Clock | None = None
    cycles_per_mac: CyclesPerMac | None = None
    elementwise: Elementwise | None = None
    overhead: Overhead | None = None
    coding: Coding | None = None
    jitter: Jitter | None = None
    memory: Memory | None = None
    current: Current | None = None
    wake: Wake | None = None
    planner: PlannerPrior | None = None

    @model_validator(mode="after")
    def _times_are_whole(self) -> Self:
        parts = {name: getattr(self, name) for name in ("clock", "cycles_per_mac", "elementwise", "overhead")}
        missing = [name for name, part in parts.items() if part is None]
        if missing and len(missing) < len(parts):
            raise ValueError(f"a modelled board needs the tables {', '.join(missing)} as well")
        if self.jitter and missing:
            raise ValueError("jitter needs modelled times; give clock, cycles_per_mac, elementwise, overhead")
        if self.coding and missing:
            raise ValueError("coding needs modelled times; give clock, cycles_per_mac, elementwise, overhead")
        return self

    @classmethod
    def load(cls, source: str | Path) -> Self:
        """By name (`esp32`) or from a TOML file (`./board.toml`). Raises UsageError."""
        text = str(source)
        path = _FOLDER / f"{text}.toml"
        if "/" in text or "\\" in text or text.endswith(".toml"):
            path = Path(source)
        elif not path.is_file():
            raise UsageError(
                f"profile {text!r} is unknown; known are {', '.join(cls.names())}, or give a TOML file's path"
            )
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise UsageError(f"profile {path} cannot be read: {error.strerror}") from error
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageError(f"profile {path} is not valid TOML: {error}") from error
        try:
            return cls.model_validate({"name": path.stem.lower().replace("_", "-"), **table})
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(step) for step in first["loc"]) or "the file"
            raise UsageError(f"profile {path}: {where}: {first['msg']}") from error

    @staticmethod
    def names() -> tuple[str, ...]:
        """The profiles that come with the package."""
        return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))

    @property
    def modelled(self) -> bool:
        """Whether times are modelled (and waited) rather than measured."""
        return self.clock is not None

    def operator_us(self, work: Workload) -> float:
        """Modelled microseconds of one operator, without jitter. Only for a modelled profile."""
        assert self.clock is not None
        assert self.cycles_per_mac is not None
        assert self.elementwise is not None
        assert self.overhead is not None
        if work.macs:
            cycles = work.macs * float(getattr(self.cycles_per_mac, work.kind))
        else:
            cycles = work.output_bytes * self.elementwise.cycles_per_output_byte
        return cycles / self.clock.mhz + self.overhead.operator_us

    def instructions_us(self, instructions: float) -> float | None:
        """Modelled microseconds of so many instructions of rv32imc; None where the profile does not model them."""
        if self.clock is None or self.coding is None:
            return None
        return instructions * self.coding.cycles_per_instruction / self.clock.mhz

    def jittered(self, time_us: float, rng: np.random.Generator) -> int:
        """`time_us` with one draw of this board's jitter, whole microseconds, within what the wire carries."""
        if self.jitter is None or self.jitter.sigma == 0:
            return round(min(time_us, MOST_US))
        draw = rng.normal(0.0, self.jitter.sigma)
        factor = float(np.exp(draw)) if self.jitter.shape == "lognormal" else 1.0 + float(draw)
        return round(min(max(0.0, time_us * factor), MOST_US))
