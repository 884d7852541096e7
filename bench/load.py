"""The edge server under load over mosquitto: requests a second, its processor time, a thousand devices, memory."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass

import cutpoint
from bench.batching import gains
from bench.edge import BLOCK_4, invokes_per_s, recorded
from bench.endurance import endurance
from bench.figure import Figure, Section
from bench.mosquitto import mosquitto
from bench.restart import restart
from bench.serving import STAGES, Serving, Standing, serving
from cutpoint.graph import Bundle
from host_tools.load.device import Manner
from host_tools.load.fleet import Fleet, Tally
from host_tools.load.recording import Recording
from host_tools.load.schedule import Schedule
from host_tools.shipped import shipped_bundle

COMMAND = "python -m bench load"
CONNECTIONS = 8
MANY = 64
HALF_LOAD_PER_S = 750.0
FLEET = 1000
CONNECT_S = 60.0
DRAIN_S = 6.0
DEADLINE_MS = 5000
"""So that a slow answer is measured, not given up."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one load came to: tally, seconds, the server before and after, the load generator's processor time."""

    tally: Tally
    seconds: float
    before: Standing
    after: Standing
    rig_cpu_us: float
    violations: dict[str, int]
    exact: bool

    @property
    def answered(self) -> int:
        """By the edge."""
        return self.tally.edge_sent.total

    @property
    def per_s(self) -> float:
        return self.answered / self.seconds

    def ms(self, share: float) -> float:
        """Percentile from the scheduled time, all inferences."""
        us = self.tally.scheduled.percentile(share)
        return float("nan") if us is None else us / 1000

    def sent_ms(self, share: float) -> float:
        """Percentile from when it was sent, those that the edge answered."""
        us = self.tally.edge_sent.percentile(share)
        return float("nan") if us is None else us / 1000

    def cpu_us(self, stage: str | None = None) -> float:
        """The server's processor time for each request: of one stage, or of the whole process."""
        spent = (
            self.after.cpu_us - self.before.cpu_us
            if stage is None
            else self.after.stages_us[stage] - self.before.stages_us[stage]
        )
        return spent / max(1, self.answered)


def measure(*, quick: bool) -> Section:
    """Every measurement, one server after the other."""
    bundle = cutpoint.Bundle.open(shipped_bundle())
    recording = Recording.of(bundle)
    seconds = 3.0 if quick else 12.0
    figures: list[Figure] = []
    with mosquitto() as broker:
        for kernels in ("reference", "xnnpack"):
            figures += throughput(bundle, recording, broker, kernels, seconds)
            figures += thousand(bundle, recording, broker, kernels, 5.0 if quick else 20.0)
        figures += batched(bundle, recording, broker, seconds)
        figures += restart(bundle, recording, broker)
    figures += endurance(bundle, recording, 10.0 if quick else 120.0)
    figures += gains(bundle, quick=quick)
    return Section("load", COMMAND, tuple(figures))


def throughput(
    bundle: Bundle, recording: Recording, broker: tuple[str, int], kernels: str, seconds: float
) -> list[Figure]:
    """Eight connections: as fast as they are answered, then by a schedule at half of 1,500 requests a second."""
    _, arrays = recorded(bundle)
    bare = invokes_per_s(bundle, arrays, kernels, seconds / 8)
    with _server(bundle, broker, kernels) as server:
        full = _saturated(recording, broker, server, kernels, seconds, CONNECTIONS)
        half = scheduled(
            recording, broker, server, kernels, CONNECTIONS, HALF_LOAD_PER_S / CONNECTIONS, seconds
        )
    bare = max(bare, invokes_per_s(bundle, arrays, kernels, seconds / 8))
    whole_us = full.cpu_us()
    batches = _batches(full)
    return [
        Figure(
            f"{CONNECTIONS} connections, cut at block 4, {kernels} tails",
            full.per_s,
            "requests/s",
            target=1500.0,
            least=True,
            baseline_name="bare invoke() loop",
            baseline=bare,
            detail=f"p50 {full.sent_ms(0.5):.2f} ms, p99 {full.sent_ms(0.99):.2f} ms in closed loop; {batches}; load "
            f"generator {full.rig_cpu_us:.0f} us a request, broker and it on the same cores; "
            f"{_verdict(full)}",
        ),
        Figure(
            f"share of the edge's processor time that is batch + invoke, {kernels} tails",
            100 * full.cpu_us("run") / whole_us,
            "%",
            target=70.0,
            least=True,
            detail=f"{_split(full)}; the rest is switching between threads, waiting for Python's lock, the allocator. "
            + WHY_NOT_MORE[kernels],
        ),
        Figure(
            f"p99 from the scheduled time at {HALF_LOAD_PER_S:.0f} requests/s, {kernels} tails",
            half.ms(0.99),
            "ms",
            target=20.0,
            detail=f"open loop, Poisson; p50 {half.ms(0.5):.2f} ms, p99.9 {half.ms(0.999):.2f} ms; "
            f"{half.per_s:.0f}/s answered by the edge; {_verdict(half)}",
        ),
    ]


WHY_NOT_MORE = {
    "reference": "",
    "xnnpack": "Beside the tail an answer consists of MQTT packets read and written, frames decoded and encoded, the "
    "desk's bookkeeping and decisions, each as long as the tail itself. Tried: quick tails left to one thread while "
    "little waits (766 to 641 us a request, kept), one runner thread (588), no batches (636), no window (667), "
    "Python's switch interval at 5, 1 and 0.2 ms (no difference), planning within a share of the desk's time "
    "(for a thousand devices 431 to 179 us, kept).",
}
"""What the processor time consists of that is not batch + invoke, beside the figures; what was tried, by this bench
with other settings."""


def batched(bundle: Bundle, recording: Recording, broker: tuple[str, int], seconds: float) -> list[Figure]:
    """As many connections as fill batches, with and without batching, on the tails that gain from it."""
    per_s = {}
    for most in (1, 16):
        with _server(bundle, broker, "xnnpack", batch_most=most) as server:
            per_s[most] = _saturated(recording, broker, server, "xnnpack", seconds, MANY).per_s
    return [
        Figure(
            f"{MANY} connections, cut at block 4, xnnpack tails, batches of up to 16",
            per_s[16],
            "requests/s",
            baseline_name="no batching",
            baseline=per_s[1],
        )
    ]


def thousand(
    bundle: Bundle, recording: Recording, broker: tuple[str, int], kernels: str, seconds: float
) -> list[Figure]:
    """A thousand devices at one inference a second each."""
    with _server(bundle, broker, kernels) as server:
        load = scheduled(recording, broker, server, kernels, FLEET, 1.0, seconds)
    return [
        Figure(
            f"p99 from the scheduled time, {FLEET:,} devices at 1 inference/s, {kernels} tails",
            load.ms(0.99),
            "ms",
            target=50.0,
            detail=f"open loop, Poisson; p50 {load.ms(0.5):.2f} ms; {load.answered:,} of "
            f"{load.tally.scheduled.total:,} answered by the edge; {_split(load)}; "
            f"load generator {load.rig_cpu_us:.0f} us; {_verdict(load)}",
        ),
        Figure(
            f"edge server: resident memory with {FLEET:,} devices, {kernels} tails",
            load.after.resident_bytes / 1e6,
            "MB",
            target=500.0,
        ),
    ]


def scheduled(
    recording: Recording,
    broker: tuple[str, int],
    server: Serving,
    kernels: str,
    devices: int,
    rate_per_s: float,
    seconds: float,
) -> Loaded:
    """Open loop: arrivals wait for nobody."""
    fleet = _fleet(recording, broker, kernels, devices, f"open-{devices}")
    fleet.run(Schedule(rate_per_s, 2.0, seed=1), time.monotonic_ns())
    fleet.drain(DRAIN_S)
    fleet.tally = Tally()
    before, cpu_s, began = server.standing(), time.process_time(), time.monotonic()
    fleet.run(Schedule(rate_per_s, seconds, seed=2), time.monotonic_ns())
    took, cpu_s = time.monotonic() - began, time.process_time() - cpu_s
    after = server.standing()
    fleet.drain(DRAIN_S)
    return _loaded(fleet, took, before, after, cpu_s, kernels == "reference")


def _saturated(
    recording: Recording,
    broker: tuple[str, int],
    server: Serving,
    kernels: str,
    seconds: float,
    connections: int,
) -> Loaded:
    fleet = _fleet(recording, broker, kernels, connections, "full")
    fleet.saturate(1.0)
    fleet.drain(DRAIN_S)
    fleet.tally = Tally()
    before, cpu_s, began = server.standing(), time.process_time(), time.monotonic()
    fleet.saturate(seconds)
    took, cpu_s = time.monotonic() - began, time.process_time() - cpu_s
    after = server.standing()
    tally = fleet.tally
    fleet.drain(DRAIN_S)
    fleet.tally = tally
    return _loaded(fleet, took, before, after, cpu_s, kernels == "reference")


def _loaded(
    fleet: Fleet, seconds: float, before: Standing, after: Standing, cpu_s: float, exact: bool
) -> Loaded:
    tally = fleet.tally
    fleet.close()
    cpu_us = 1e6 * cpu_s / max(1, tally.sent.total)
    return Loaded(tally, seconds, before, after, cpu_us, dict(fleet.ledger.violations.counts), exact)


def _server(
    bundle: Bundle, broker: tuple[str, int], kernels: str, **settings: int
) -> AbstractContextManager[Serving]:
    return serving(
        models=[str(bundle.path)],
        host=broker[0],
        port=broker[1],
        policy=f"fixed:{BLOCK_4}",
        kernels=kernels,
        deadline_ms=DEADLINE_MS,
        **settings,
    )


def _fleet(recording: Recording, broker: tuple[str, int], kernels: str, devices: int, name: str) -> Fleet:
    manner = Manner("cutpoint/1", BLOCK_4, boot=int(time.time()) & 0x7FFF_FFFF, deadline_ms=DEADLINE_MS)
    names = [f"{name}-{kernels[:3]}-{number}" for number in range(devices)]
    fleet = Fleet(names, recording, manner, broker, exact=kernels == "reference", connects_per_s=500.0)
    if (online := fleet.connect(CONNECT_S)) != devices:
        raise SystemExit(f"only {online} of {devices} devices were connected within {CONNECT_S:.0f} s")
    return fleet


def _batches(load: Loaded) -> str:
    busy_us = (load.after.busy_us - load.before.busy_us) / max(1, load.answered)
    return f"kernels {busy_us:.0f} us a request"


def _split(load: Loaded) -> str:
    """The edge's processor time for each request, by stage."""
    named = {"gateway": "receive and send", "run": "batch + invoke"}
    spent = {stage: load.cpu_us(stage) for stage in STAGES}
    split = ", ".join(f"{named.get(stage, stage)} {us:.0f}" for stage, us in spent.items())
    return f"edge, us a request: {split}, rest {load.cpu_us() - sum(spent.values()):.0f}, whole {load.cpu_us():.0f}"


def _verdict(load: Loaded) -> str:
    if load.violations:
        return f"THE INVARIANT IS BROKEN: {load.violations}"
    return (
        "every answer compared and right" if load.exact else "each answered once; kernels that are not exact"
    )
