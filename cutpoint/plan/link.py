"""How fast a link is: a round trip that costs whatever is sent, and a price for each byte."""

from __future__ import annotations

from collections import Counter, deque
from math import inf
from typing import NamedTuple

import numpy as np

from cutpoint.plan.errors import PolicyError
from cutpoint.plan.figure import LONGEST_US, MOST_BYTES, refusal
from cutpoint.plan.robust import deviation, middle, slope_and_intercept
from cutpoint.plan.state import MOST_COUNTED, Fields, Record, State, plain

STEP_SAMPLES = 3
FEW_SAMPLES = 8
REFIT_EVERY = 4
LEAST_BYTES_PER_S = 10.0
MOST_BYTES_PER_S = 125e6
LARGEST_ROUND_TRIP_US = 60e6
CREDIBLE_ROUND_TRIP_US = 50_000.0
_MOST_JITTER_US = 1e16
_FIELDS = (
    *("samples", "suspects", "round_trip_us", "known_round_trip_us", "us_per_byte", "jitter_us"),
    *("conditioned", "unfitted", "count", "steps"),
)


def _bounded(us_per_byte: float) -> float:
    return min(max(us_per_byte, 1e6 / MOST_BYTES_PER_S), 1e6 / LEAST_BYTES_PER_S)


class _Sample(NamedTuple):
    size: float
    us: float
    bound: bool


def _sample(size: float, us: float, *, bound: bool) -> _Sample:
    # Whole bytes: a slope over a vanishing fraction of one would not be finite.
    return _Sample(float(round(size)), float(us), bound)


def _written(sample: _Sample) -> list[float]:
    figures: list[float] = [plain(sample.size), plain(sample.us)]
    return [*figures, 1] if sample.bound else figures


def _read(record: Record) -> _Sample:
    bound = len(record) == 3 and record.whole(2, 1, 1) == 1
    return _sample(record.number(0, 0, MOST_BYTES), record.number(1, 0.0, LONGEST_US), bound=bound)


class LinkEstimator:
    """Fits network_us = round_trip_us + bytes / bytes_per_s to the last `window` one-clock measurements.

    `bytes` is what went up and came down, headers included; `network_us` is the device's round trip less the
    residence that the edge stated, so no two clocks are compared.

    - The line is Theil-Sen's. Its slope is taken as far as it stands out from the noise (z = slope / standard
      error; the last slope moves z^2 / (z^2 + 4) of the way), and otherwise the last slope is only kept
      within two standard errors of it. So samples of nearly one size move the round trip and leave the slope
      alone.
    - When such samples cannot be explained by a credible round trip (four times the last known one, at least
      50 ms), what is left over lowers the bandwidth; when they are faster than the bytes alone should take,
      the bandwidth rises.
    - A sample beyond three deviations and a quarter of what was expected is suspect and set aside. Three
      suspects in a row on one side are a step: they replace everything older, and `steps` counts them. When a
      sample comes back into line first, they were outliers and join the others, where the fit withstands
      them.
    - The fit follows every sample while there are few. Later it follows every `REFIT_EVERY`th, and otherwise
      waits until a figure is asked for, because a single sample in line moves medians little and costs 40 us.
    - An answer that did not come in time is a lower bound, not a measurement. It counts as a suspect, and is
      forgotten with the first measurement after a step.
    - Figures stay within 0..60 s and 10 B/s..125 MB/s. A bad sample changes nothing but `rejected`.

    Until something was measured the two figures are those given, and `jitter_us` is a quarter of the round
    trip.
    """

    def __init__(
        self, *, round_trip_us: float = 20_000.0, bytes_per_s: float = 125_000.0, window: int = 32
    ) -> None:
        if refusal(round_trip_us, 0, LARGEST_ROUND_TRIP_US) or refusal(
            bytes_per_s, LEAST_BYTES_PER_S, MOST_BYTES_PER_S
        ):
            raise PolicyError(f"a link of {round_trip_us!r} us and {bytes_per_s!r} B/s is out of range")
        if window < 2 * STEP_SAMPLES:
            raise PolicyError(f"window is {window}; expected at least {2 * STEP_SAMPLES} samples")
        self._samples: deque[_Sample] = deque(maxlen=window)
        self._suspects: list[_Sample] = []
        self._round_trip_us = float(round_trip_us)
        self._known_round_trip_us = float(round_trip_us)
        self._us_per_byte = 1e6 / float(bytes_per_s)
        self._jitter_us = 0.25 * self._round_trip_us
        self._conditioned = False
        self._unfitted = 0
        self.count = 0
        self.steps = 0
        self.rejected: Counter[str] = Counter()

    def observe(self, bytes_total: float, network_us: float) -> bool:
        """Takes one measurement; False when it was refused and counted."""
        if self._refused(bytes_total, network_us):
            return False
        self.count += 1
        self._take(_sample(bytes_total, network_us, bound=False))
        return True

    def observe_timeout(self, bytes_total: float, waited_us: float) -> bool:
        """Takes an answer that had not come after `waited_us`.

        A wait no longer than what is expected says nothing and is ignored (False).
        """
        if self._refused(bytes_total, waited_us) or waited_us <= self.network_us(bytes_total):
            return False
        self._take(_sample(bytes_total, waited_us, bound=True))
        return True

    def state(self) -> State:
        """The window, the suspects and the fit, which may be some samples behind: [bytes, us], a third figure 1 for
        a wait without an answer."""
        return {
            "version": 1,
            "samples": [_written(s) for s in self._samples],
            "suspects": [_written(s) for s in self._suspects],
            "round_trip_us": plain(self._round_trip_us),
            "known_round_trip_us": plain(self._known_round_trip_us),
            "us_per_byte": plain(self._us_per_byte),
            "jitter_us": plain(self._jitter_us),
            "conditioned": self._conditioned,
            "unfitted": self._unfitted,
            "count": self.count,
            "steps": self.steps,
        }

    def restore(self, state: object) -> None:
        """Continues from what `state` gave; PolicyError, and nothing changed, when it does not fit."""
        fields = Fields(state, "link", _FIELDS)
        window = self._samples.maxlen or 0
        samples = [_read(r) for r in fields.records("samples", window, (2, 3))]
        suspects = [_read(r) for r in fields.records("suspects", STEP_SAMPLES - 1, (2, 3))]
        round_trip_us = fields.number("round_trip_us", 0.0, LARGEST_ROUND_TRIP_US)
        known_us = fields.number("known_round_trip_us", 0.0, LARGEST_ROUND_TRIP_US)
        us_per_byte = fields.number("us_per_byte", 1e6 / MOST_BYTES_PER_S, 1e6 / LEAST_BYTES_PER_S)
        jitter_us = fields.number("jitter_us", 0.0, _MOST_JITTER_US)
        conditioned = fields.flag("conditioned")
        unfitted = fields.whole("unfitted", 0, REFIT_EVERY - 1)
        count = fields.whole("count", 0, MOST_COUNTED)
        steps = fields.whole("steps", 0, MOST_COUNTED)
        fields.require(
            bool(samples) or not (unfitted or suspects), "has a fit behind samples that it has not"
        )
        self._samples.clear()
        self._samples.extend(samples)
        self._suspects = suspects
        self._round_trip_us, self._known_round_trip_us = round_trip_us, known_us
        self._us_per_byte, self._jitter_us = us_per_byte, jitter_us
        self._conditioned, self._unfitted = conditioned, unfitted
        self.count, self.steps = count, steps

    def _refused(self, size: float, us: float) -> bool:
        reason = refusal(size, 0, MOST_BYTES) or refusal(us, 0.0, LONGEST_US)
        if reason is not None:
            self.rejected[reason] += 1
        return reason is not None

    def _take(self, sample: _Sample) -> None:
        side = self._side(sample)
        if side == 0 or len(self._samples) < STEP_SAMPLES:
            self._keep([*self._samples, *self._suspects, sample])
            return
        if self._suspects and self._side(self._suspects[-1]) != side:
            self._keep([*self._samples, *self._suspects])
        self._suspects.append(sample)
        if len(self._suspects) >= STEP_SAMPLES:
            self.steps += 1
            self._keep(self._suspects)

    def _keep(self, samples: list[_Sample]) -> None:
        """Makes `samples` the window: the measurements among them; without any, the longest wait."""
        measured = [s for s in samples if not s.bound]
        self._samples.clear()
        self._samples.extend(measured or [max(samples, key=lambda s: s.us)])
        self._suspects = []
        self._unfitted += 1
        if len(self._samples) <= FEW_SAMPLES or self._unfitted >= REFIT_EVERY:
            self._fit()

    def _side(self, sample: _Sample) -> int:
        """1 when the sample is slower than the fitted line allows, -1 when it is faster, 0 when it fits."""
        expected = self._round_trip_us + self._us_per_byte * sample.size
        residual = sample.us - expected
        if abs(residual) <= max(3 * self._jitter_us, 0.25 * expected, 500.0):
            return 0
        return 1 if residual > 0 else -1

    def _fit(self) -> None:
        self._unfitted = 0
        x = np.array([s.size for s in self._samples])
        y = np.array([s.us for s in self._samples])
        slope, offset = slope_and_intercept(x, y)
        usual = middle(y)
        least = 0.02 if len(y) > STEP_SAMPLES else 0.1
        noise = max(deviation(y - slope * x - offset), least * usual, 100.0)
        centred = x - x.mean()
        spread = float(centred @ centred)
        error = noise / spread**0.5 if spread > 0 else inf
        us_per_byte = min(max(self._us_per_byte, slope - 2 * error), max(slope + 2 * error, 0.0))
        z = max(slope / error, 0.0)
        self._conditioned = z > 2
        if self._conditioned:
            us_per_byte += z * z / (z * z + 4) * (slope - us_per_byte)
        us_per_byte = _bounded(us_per_byte)
        round_trip = middle(y - us_per_byte * x)
        credible = self._credible_round_trip(round_trip, usual)
        if credible != round_trip and x.max() > 0:
            sent = x > 0
            steepest = middle((y[sent] - credible) / x[sent])
            us_per_byte = _bounded(min(steepest, slope + 2 * error))
            round_trip = middle(y - us_per_byte * x)
        self._us_per_byte = us_per_byte
        self._round_trip_us = min(max(round_trip, 0.0), LARGEST_ROUND_TRIP_US)
        if self._conditioned:
            self._known_round_trip_us = self._round_trip_us
        if len(y) >= STEP_SAMPLES:
            self._jitter_us = deviation(y - self._round_trip_us - us_per_byte * x)

    def _credible_round_trip(self, round_trip: float, usual: float) -> float:
        """The largest part of `round_trip` that is credible; the bandwidth has to explain what exceeds it."""
        if round_trip < 0:
            return min(self._known_round_trip_us, 0.5 * usual)
        if self._conditioned:
            return round_trip
        return min(round_trip, max(4 * self._known_round_trip_us, CREDIBLE_ROUND_TRIP_US))

    def _current(self) -> None:
        if self._unfitted:
            self._fit()

    @property
    def round_trip_us(self) -> float:
        """Microseconds of a message without bytes, there and back."""
        self._current()
        return self._round_trip_us

    @property
    def bytes_per_s(self) -> float:
        """Bytes a second, up and down taken together."""
        self._current()
        return 1e6 / self._us_per_byte

    @property
    def jitter_us(self) -> float:
        """Robust standard deviation of the measurements about the line."""
        self._current()
        return self._jitter_us

    @property
    def conditioned(self) -> bool:
        """Whether the samples differ enough in size to tell the round trip from the bandwidth."""
        self._current()
        return self._conditioned

    def network_us(self, bytes_total: float) -> float:
        """Expected microseconds on the network for this many bytes, up and down together."""
        self._current()
        return self._round_trip_us + self._us_per_byte * bytes_total
