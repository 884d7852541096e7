"""A FOMO-like network, and a device on a link whose true figures are known, for planners to be tried on."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from cutpoint.plan import Decision, LinkSample, NetworkShape, Observation, Planner

CUT_BYTES = (
    *(27_648, 36_864, 36_864, 18_432, 110_592, 27_648, 4_608, 32_256, 11_520, 6_912, 4_608, 27_648, 6_912),
    *(2_304, 16_128, 16_128, 4_608, 2_304, 16_128, 16_128, 4_608, 2_304, 13_824, 4_608, 432, 432),
)
N = len(CUT_BYTES) - 1
MACS = tuple(
    int(5.9e6 * share)
    for share in (
        *(0.17, 0.05, 0.04, 0.10, 0.05, 0.03, 0.06, 0.03, 0.05, 0.00, 0.06, 0.02, 0.03),
        *(0.05, 0.02, 0.04, 0.00, 0.05, 0.02, 0.04, 0.00, 0.06, 0.03, 0.01, 0.00),
    )
)
FOMO = NetworkShape(
    MACS, CUT_BYTES, input_is_picture=True, kinds=tuple("CONV_2D" if macs else "ADD" for macs in MACS)
)
ESP32_US = tuple(60 + macs * 12.7 / 240 if macs else 300.0 for macs in MACS)


@dataclass(frozen=True, slots=True)
class TrueLink:
    """What a link really does: a fixed round trip, a price for each byte, Gaussian jitter."""

    round_trip_us: float
    bytes_per_s: float
    jitter_us: float = 0.0

    def network_us(self, bytes_total: int, random: Random) -> float:
        us = random.gauss(self.round_trip_us, self.jitter_us) + bytes_total / self.bytes_per_s * 1e6
        return max(us, 200.0)


WIFI = TrueLink(6_000, 1.5e6, 1_500)
POOR_WIFI = TrueLink(40_000, 40_000, 8_000)
LTE_M = TrueLink(60_000, 7_500, 10_000)


class SimulatedDevice:
    """Runs what it is told and reports with the next inference how the one before fared, as the protocol does."""

    def __init__(self, planner: Planner, *, seed: int = 0, operator_jitter: float = 0.04) -> None:
        self.planner = planner
        self.random = Random(seed)
        self.operator_us = list(ESP32_US)
        self.operator_jitter = operator_jitter
        self.decision: Decision = planner.decide()
        self.last: LinkSample | None = None

    def infer(self, link: TrueLink) -> Decision:
        """One inference; the decision that comes back from it."""
        cut, codec = self.decision.cut, self.decision.codec
        coded = round(CUT_BYTES[cut] * (0.62 if codec == "bitmap" else 0.3 if ":" in codec else 1.0))
        edge_us = 30 + sum(MACS[cut:]) * 6e-5
        self.planner.observe(
            Observation(
                cut,
                codec,
                operators_us=[
                    us * self.random.gauss(1, self.operator_jitter) for us in self.operator_us[:cut]
                ],
                encode_us=CUT_BYTES[cut] * 0.02 if codec == "bitmap" else 0,
                coded_bytes=coded,
                edge_us=edge_us,
                link=self.last,
            )
        )
        sent, received = coded + 52, 64
        round_trip_us = link.network_us(sent + received, self.random) + edge_us
        deadline_us = self.decision.deadline_ms * 1000
        if round_trip_us <= deadline_us:
            self.last = LinkSample(round_trip_us, edge_us, sent, received)
        else:
            self.last = None
            self.planner.missed(sent, deadline_us)
        self.decision = self.planner.decide()
        return self.decision

    def run(self, count: int, link: TrueLink) -> list[Decision]:
        return [self.infer(link) for _ in range(count)]
