"""What a sweep measured: samples, and the medians that are reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(slots=True)
class Samples:
    """Of one cut, an entry for each inference; link and edge only where the edge answered. Microseconds and bytes."""

    cut: int
    operators_us: list[tuple[int, ...]] = field(default_factory=list)
    encode_us: list[int] = field(default_factory=list)
    link_us: list[int] = field(default_factory=list)
    edge_us: list[int] = field(default_factory=list)
    bytes_up: list[int] = field(default_factory=list)
    bytes_down: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CutFigures:
    """Medians of one cut. None is what was not measured, never zero.

    device_us: operators [0, cut), or of the whole network at cut N. encode_us: coding the live tensors. link_us: round
    trip on the device's clock less the residence that the edge stated. edge_us: that residence. total_us: their sum,
    at cut N without link and edge, since the device answers by itself there and only reports. unanswered: inferences
    whose answer, or acknowledgement, did not reach the device within the deadline.
    """

    cut: int
    inferences: int
    device_us: float | None
    encode_us: float | None
    link_us: float | None
    edge_us: float | None
    total_us: float | None
    device_p90_us: float | None
    link_p90_us: float | None
    bytes_up: float | None
    bytes_down: float | None
    unanswered: int

    @classmethod
    def of(cls, samples: Samples, n: int) -> CutFigures:
        """The medians of a cut's samples; `n` is the network's number of operators."""
        device = [sum(times) for times in samples.operators_us]
        parts = [_median(device), _median(samples.encode_us)]
        if samples.cut < n:
            parts += [_median(samples.link_us), _median(samples.edge_us)]
        known = [part for part in parts if part is not None]
        return cls(
            cut=samples.cut,
            inferences=len(device),
            device_us=parts[0],
            encode_us=parts[1],
            link_us=_median(samples.link_us),
            edge_us=_median(samples.edge_us),
            total_us=sum(known) if len(known) == len(parts) else None,
            device_p90_us=_p90(device),
            link_p90_us=_p90(samples.link_us),
            bytes_up=_median(samples.bytes_up),
            bytes_down=_median(samples.bytes_down),
            unanswered=len(device) - len(samples.link_us),
        )


@dataclass(frozen=True, slots=True)
class Sweep:
    """All cuts of one device. operators_us: median of every operator over all inferences that ran it, None if none did.

    spread: standard deviation of the logarithm of an operator's times about its median, robust (from the median
    absolute deviation); None when there are too few. clock_mhz: as the device reports it, None when it does not.
    """

    device: str
    chip: str
    firmware: str
    engine: str
    model: str
    bundle: str
    boot: int
    operators: int
    on_board: int
    codec: str
    modelled: bool
    cuts: tuple[CutFigures, ...]
    operators_us: tuple[float | None, ...]
    spread: float | None
    clock_mhz: int | None
    best_cut: int | None

    @property
    def complete(self) -> bool:
        """Whether every cut was measured from end to end; at cut N that takes no word of the edge."""
        return all(
            cut.total_us is not None and (cut.unanswered == 0 or cut.cut == self.operators)
            for cut in self.cuts
        )


def operator_medians(samples: Sequence[Samples], n: int) -> tuple[float | None, ...]:
    """Median microseconds of each operator, over every inference that timed it."""
    return tuple(_median(times) for times in _by_operator(samples, n))


def spread(
    samples: Sequence[Samples], n: int, *, least_us: float = 50.0, least_samples: int = 20
) -> float | None:
    """Robust standard deviation of ln(time / median), over operators long enough for a clock of whole microseconds."""
    from math import log

    deviations = []
    for times in _by_operator(samples, n):
        middle = _median(times)
        if middle is not None and middle >= least_us and len(times) >= 3:
            deviations += [abs(log(time / middle)) for time in times if time > 0]
    # 1.4826 makes the median absolute deviation a standard deviation where the logarithms are Gaussian.
    return None if len(deviations) < least_samples else min(1.0, 1.4826 * median(deviations))


def _by_operator(samples: Sequence[Samples], n: int) -> list[list[int]]:
    times: list[list[int]] = [[] for _ in range(n)]
    for cut in samples:
        for inference in cut.operators_us:
            for index, taken in enumerate(inference):
                times[index].append(taken)
    return times


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None


def _p90(values: Sequence[float]) -> float | None:
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(0.9 * (len(ordered) - 1)))]
