"""The settings of an edge server, checked when made."""

from __future__ import annotations

import os
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from cutpoint.errors import InternalError
from cutpoint.plan import loss_points
from cutpoint.wire import SEAL_BYTES, DeviceId, Key, read_keys
from edge_server.errors import ConfigError
from edge_server.logs import LogFormat
from edge_server.replicas import ReplicaId
from edge_server.store import relative_store
from edge_server.web.address import HttpAddress

Http = Annotated[HttpAddress, BeforeValidator(HttpAddress.of)]
MaxLoss = Annotated[float, BeforeValidator(loss_points), Field(ge=0, le=100, allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]


class Currents(BaseModel):
    """Currents of the boards in mA at `volts`, for the policy `energy`. No defaults: boards differ."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cpu_ma: float = Field(ge=0, le=1e5)
    rx_ma: float = Field(ge=0, le=1e5)
    tx_ma: float = Field(ge=0, le=1e5)
    volts: float = Field(gt=0, le=1e3)


class ServeConfig(BaseModel):
    """What to serve, to whom, and within which bounds. A setting that does not exist is refused.

    `models` are folders: bundles themselves (`*.cut`), or folders that hold some, which are looked at every
    `watch_interval_s` for bundles that come, change and go; 0 for never. `updates_at_once` bounds the devices that a
    rollout sends another model at a time. `machines` are device profiles as
    `cutpoint profile` writes them: measured speeds of chips, for the first plans. `when_full` is what a full inbox
    does: `refuse` answers `overloaded` at once, `drop-oldest` makes room in silence, which the oldest device's
    deadline covers.

    `backend` says who runs the tails: threads of this process, or actors of the Ray cluster at `ray_address`; without
    an address one of this machine's own is started.

    `workers` threads run tails, or so many actors at most, by default one for each core of this machine. `batch_most`
    bounds how many inferences share an invocation, `batch_window_us` how long one may be held back for another,
    `tails_mb` the memory of tails that are kept, by estimate. `queue_size` inferences may wait for a thread,
    `queue_per_device` of one device.

    A device's plan is decided anew after `decide_every` inferences or `decide_interval_ms`, and at once when its
    link steps. What its activations report is learned from at most every `learn_interval_ms`: only devices of more
    than 20 inferences a second notice, whose estimates do not need every one of them. Neither takes more than
    `planning_share` of the desk's time: with many devices each is planned for less often.

    Plans move cuts towards the devices while the edge is asked for more than `target_utilisation` of what its
    threads can do, and back when it is less.

    `max_loss` bounds what a codec may cost, in points of the task's metric: 0.5, `"1pp"` or `"1%"`; with 0 only those
    are planned that change no bit. A device that follows a lossy setting is asked for one exact frame in `audit_every`
    inferences (0: never), which shows what the setting costs it. `references_mb` bounds what is remembered for
    `delta`.

    `jpeg` lets plans ask a camera for its JPEG at cut 0 although nobody knows what that costs: the answer may differ
    from that at other cuts. Where the bundle was calibrated for the camera's quality, `max_loss` decides instead.

    `partial_answers` answers an activation of which chunks are missing at the device's deadline from those that came,
    where at least the share `partial_least` of its elements did, and the device has said that it takes such answers.

    `store` is where devices and a history are remembered over a restart: a file, or `postgresql://...`. Of the history
    at most `history_rows` inferences and as many decisions are kept, none longer than `history_days`.

    `keys` names the file of the devices' keys: frames of those are sealed, both ways. `require_keys` serves no one
    else. `keys_memory` is where the server keeps what it opened last; by default beside the keys.

    `replica` is the server's name among several behind one broker, which share the devices (docs/scaling.md);
    `replica_weight` its capacity relative to the others', `replica_lease_s` how long a
    silent one counts as there.

    `http` is where metrics, probes and the fleet are shown (HOST:PORT); nothing listens without it. `log_format` is
    how a program that serves writes its log.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: tuple[Path, ...] = Field(min_length=1)
    watch_interval_s: float = Field(2.0, ge=0, le=3600, allow_inf_nan=False)
    updates_at_once: int = Field(4, ge=1, le=1000)
    host: str = "127.0.0.1"
    port: int = Field(1883, ge=1, le=65535)
    username: str | None = None
    password: str | None = Field(None, repr=False)
    connect_timeout_s: float = Field(5.0, gt=0, le=60)
    root: str = "cutpoint/1"
    keys: Path | None = None
    require_keys: bool = False
    keys_memory: Path | None = None
    replica: str | None = None
    replica_weight: float = Field(1.0, gt=0, le=1000)
    replica_lease_s: float = Field(4.0, ge=0.2, le=600)
    store: str | None = Field(None, repr=False)
    history_rows: int = Field(1_000_000, ge=1, le=1_000_000_000)
    history_days: float = Field(30.0, gt=0, le=36_500)
    http: Http | None = None
    log_format: LogFormat = "text"

    kernels: Literal["reference", "optimised", "xnnpack", "tflm"] = "reference"
    backend: Literal["threads", "ray"] = "threads"
    ray_address: str | None = None
    workers: int | None = Field(None, ge=1, le=64)
    batch_most: int = Field(16, ge=1, le=256)
    batch_window_us: int = Field(2000, ge=0, le=2000)
    tails_mb: int = Field(256, ge=1, le=1 << 20)
    inbox_size: int = Field(1024, ge=1, le=1_000_000)
    queue_size: int = Field(256, ge=1, le=1_000_000)
    queue_per_device: int = Field(4, ge=1, le=1_000_000)
    when_full: Literal["refuse", "drop-oldest"] = "refuse"
    max_devices: int = Field(16_384, ge=1, le=1_000_000)
    max_message_bytes: int = Field(4 << 20, ge=1024, le=256 << 20)
    chunk_bytes: int = Field(4096, ge=64, le=0xFFFF)
    remembered_answers: int = Field(8, ge=1, le=1024)

    policy: str = "latency"
    currents: Currents | None = None
    machines: tuple[Path, ...] = ()
    deadline_ms: int | None = Field(None, ge=1, le=600_000)
    exploration: Probability = 0.05
    forced_device_only: Probability = 0.0
    hedged: bool = False
    jpeg: bool = False
    max_loss: MaxLoss = 0.0
    audit_every: int = Field(200, ge=0, le=1_000_000_000)
    references_mb: int = Field(16, ge=1, le=1 << 20)
    partial_answers: bool = False
    partial_least: float = Field(0.5, gt=0, le=1)
    target_utilisation: float = Field(0.7, ge=0.05, le=1.0)
    seed: int = 0
    planning_share: float = Field(0.05, gt=0, le=1)
    decide_every: int = Field(32, ge=1)
    decide_interval_ms: int = Field(100, ge=0)
    learn_interval_ms: int = Field(50, ge=0)

    @property
    def runner_threads(self) -> int:
        """Threads that run tails: as set, else one for each core of this machine, at most 64."""
        return self.workers or min(os.cpu_count() or 1, 64)

    @property
    def frame_bytes(self) -> int:
        """Largest plain frame: what sealing adds is taken off `chunk_bytes` where there are keys."""
        return self.chunk_bytes if self.keys is None else self.chunk_bytes - SEAL_BYTES

    @property
    def keys_memory_path(self) -> Path:
        """Where the memory of sealed frames lies; InternalError without keys."""
        if self.keys_memory is not None:
            return self.keys_memory
        if self.keys is None:
            raise InternalError("a server without keys keeps no memory of sealed frames")
        return self.keys.with_name(f"{self.keys.name}.memory")

    def read_keys(self) -> dict[DeviceId, Key]:
        """The devices' keys; none without a file. Raises KeyFileError."""
        return {} if self.keys is None else read_keys(self.keys)

    @model_validator(mode="after")
    def _keys_fit(self) -> Self:
        if self.keys is None and (self.require_keys or self.keys_memory is not None):
            raise ValueError(
                "require_keys and keys_memory need the setting keys: the file of the devices' keys"
            )
        if self.keys is not None and self.chunk_bytes < 64 + SEAL_BYTES:
            raise ValueError(f"chunk_bytes must be at least {64 + SEAL_BYTES} where frames are sealed")
        return self

    @model_validator(mode="after")
    def _backend_fits(self) -> Self:
        if self.ray_address is not None and self.backend != "ray":
            raise ValueError("ray_address needs the setting backend = 'ray' (--backend ray)")
        return self

    @model_validator(mode="after")
    def _replica_fits(self) -> Self:
        if self.replica is None:
            return self
        ReplicaId(self.replica)
        if self.keys is not None:
            raise ValueError(
                "replica and keys do not go together: a device obeys the life of its edge that began last, and only "
                "the server that opened its frames knows which were replayed; serve devices with keys by a "
                "server without the setting replica, under a root of their own (docs/scaling.md)"
            )
        return self

    @classmethod
    def from_toml(cls, path: Path) -> Self:
        """Read settings from a TOML file; relative paths are relative to the file.

        Raises ConfigError with one sentence that names the file and the first thing wrong with it.
        """
        try:
            settings = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(
                f"{path}: cannot be read ({error.strerror}); name an existing TOML file"
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: is not TOML ({error}); correct that line") from error
        models = settings.get("models")
        if isinstance(models, str):
            models = [models]
        if isinstance(models, list) and all(isinstance(model, str) for model in models):
            settings["models"] = tuple(path.parent / model for model in models)
        for name in ("keys", "keys_memory"):
            if isinstance(settings.get(name), str):
                settings[name] = path.parent / settings[name]
        store = settings.get("store")
        if isinstance(store, str):
            settings["store"] = relative_store(store, path.parent)
        machines = settings.get("machines")
        if isinstance(machines, list) and all(isinstance(machine, str) for machine in machines):
            settings["machines"] = tuple(path.parent / machine for machine in machines)
        return cls.checked(settings, str(path))

    @classmethod
    def checked(cls, settings: dict[str, object], source: str) -> Self:
        """Make a config from loose settings; raises ConfigError, which names `source`, instead of pydantic's."""
        try:
            return cls.model_validate(settings)
        except ValidationError as error:
            raise ConfigError(f"{source}: {_first_mistake(error, cls)}") from error


def _first_mistake(error: ValidationError, config: type[BaseModel]) -> str:
    # An unknown name comes first: a setting that is missing is often one that was misspelt.
    mistakes = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    first = mistakes[0]
    where = ".".join(str(part) for part in first["loc"]) or "settings"
    if first["type"] != "extra_forbidden":
        return f"{where}: {first['msg'].removeprefix('Value error, ')}"
    near = get_close_matches(where, config.model_fields, n=2)
    meant = f"did you mean {' or '.join(sorted(near))}?" if near else "docs/server.md lists them all"
    return f"{where}: there is no such setting; {meant}"
