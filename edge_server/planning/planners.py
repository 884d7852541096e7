"""Planners as the settings and a board ask for them, with the estimates and the price that all of one model share."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from cutpoint.codec import label_of
from cutpoint.plan import (
    EdgeEstimator,
    EnergyModel,
    Limits,
    NetworkShape,
    Planner,
    PolicyError,
    load_share,
    make_policy,
)
from cutpoint.wire import About, CodecId, DeviceId, parse_cuts
from edge_server.catalogue.calibration import Coder
from edge_server.catalogue.served import ServedModel
from edge_server.config import ServeConfig
from edge_server.errors import ConfigError
from edge_server.planning.machines import machine_classes

_UNKNOWN_CHIP = "esp32"
STREAM = "stream"
"""What a device names the Stream engine that runs its heads."""


@dataclass(frozen=True, slots=True)
class Board:
    """What a device said of itself that its planner goes by.

    cuts     those that it has the memory for, as ranges ("0-5,9"); None: all
    overlap  what is coded raw begins to leave while its head still runs
    streams  the Stream engine runs its heads, so that engine's figures of memory count
    coder    its codecs, and what they go by
    """

    operators: int
    coder: Coder
    chip: str | None
    cuts: str | None = None
    overlap: bool = False
    streams: bool = False

    @classmethod
    def of(cls, about: About | None) -> Self | None:
        """None for a device that has said nothing yet."""
        if about is None:
            return None
        return cls(
            about.operators,
            Coder(
                tuple(about.codecs),
                None if about.tables is None else int(about.tables, 16),
                about.history or 0,
                about.jpeg_quality,
            ),
            about.chip,
            about.cuts,
            bool(about.overlap),
            about.engine == STREAM,
        )

    def cut_set(self) -> frozenset[int] | None:
        """`cuts` up to `operators`; None: all."""
        if self.cuts is None:
            return None
        return frozenset(cut for one in parse_cuts(self.cuts) for cut in one if cut <= self.operators)


class Planners:
    """Makes the planner of each device. Tails of one model are estimated, and priced, by one estimator for all."""

    def __init__(self, config: ServeConfig) -> None:
        self._config = config
        self._codecs = _allowed(config)
        self._machines = machine_classes(config.machines)
        self._edges: dict[bytes, EdgeEstimator] = {}
        self._price = 1.0
        self._wait_us = 0.0

    def of(self, device: DeviceId, model: ServedModel, board: Board | None, *, ran: int) -> Planner:
        """A planner from its prior; `ran` operators at most for a board that is not known. Raises PolicyError."""
        config = self._config
        shape = (
            model.shape(ran, coder=Coder())
            if board is None
            else model.shape(board.operators, board.cut_set(), board.streams, board.coder)
        )
        spoken = board.coder.codecs if board is not None else ()
        allowed = set(self._codecs)
        if shape.jpeg_loss is not None:
            # What it costs is known, so that the limit decides.
            allowed.add("jpeg")
        chip = board.chip if board is not None else None
        return Planner(
            shape,
            config.policy,
            seed=config.seed ^ zlib.crc32(str(device).encode()),
            exploration=config.exploration,
            forced_device_only=config.forced_device_only,
            codecs=("raw", *(codec for codec in spoken if codec in allowed and codec != "raw")),
            limits=limits(config),
            energy=energy_model(config),
            machine_class=self._machines.get(chip or _UNKNOWN_CHIP, self._machines[_UNKNOWN_CHIP]),
            edge=self._edge(model, shape),
            load_share=load_share(str(device)),
            audit_every=config.audit_every,
        )

    def reprice(self, price: float, wait_us: float) -> None:
        """What a microsecond on the edge weighs from now on, and how long a job waits for it."""
        self._price, self._wait_us = price, wait_us
        for edge in self._edges.values():
            edge.load, edge.wait_us = price, wait_us

    def _edge(self, model: ServedModel, shape: NetworkShape) -> EdgeEstimator:
        key = bytes(model.id)
        edge = self._edges.get(key)
        if edge is None:
            edge = self._edges[key] = EdgeEstimator(shape)
            edge.load, edge.wait_us = self._price, self._wait_us
        return edge


def _allowed(config: ServeConfig) -> tuple[str, ...]:
    """Codecs without tables that plans may name."""
    names = (label_of(codec) for codec in CodecId if not codec.calibrated)
    return tuple(name for name in names if name != "jpeg" or config.jpeg)


def limits(config: ServeConfig) -> Limits:
    """What no decision may do."""
    return Limits(max_loss=config.max_loss)


def check_policy(config: ServeConfig, models: Iterable[ServedModel]) -> None:
    """Raise PolicyError when the policy is unknown, or no model on offer could follow it on any board.

    ConfigError when the policy is `energy` and there are no currents.
    """
    if config.policy.strip() == "energy" and config.currents is None:
        raise ConfigError(
            "policy energy needs the currents of the boards: a [currents] table in the settings file, with cpu_ma, "
            "rx_ma, tx_ma and volts (cutpoint serve --config FILE.toml)"
        )
    # Without a model yet a wrong name would show itself in no plan, ever.
    make_policy(config.policy)
    refused: PolicyError | None = None
    for model in models:
        try:
            shape, codecs = model.shape(model.n), _allowed(config)
            if model.calibration is not None and model.calibration.entry.jpeg and config.max_loss > 0:
                # Of some camera's JPEGs it is known what they cost.
                codecs = (*dict.fromkeys((*codecs, "jpeg")),)
            Planner(
                shape,
                config.policy,
                seed=0,
                codecs=codecs,
                energy=energy_model(config),
                limits=limits(config),
            )
        except PolicyError as error:
            refused = error
        else:
            return
    if refused is not None:
        raise refused


def energy_model(config: ServeConfig) -> EnergyModel | None:
    """The currents of the boards as the config states them."""
    currents = config.currents
    return None if currents is None else EnergyModel(**currents.model_dump())
