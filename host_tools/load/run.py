"""A whole run: broker and server if they are ours, proxies, witness, devices, faults; and the report at the end."""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from cutpoint.wire import Topics
from edge_server import HistoryQuery, open_history
from host_tools.broker import BrokerAccess
from host_tools.hil.broker import HilBroker
from host_tools.load.attack import Target
from host_tools.load.device import Manner
from host_tools.load.faults import Director, Stage
from host_tools.load.fleet import Fleet, Tally
from host_tools.load.invariant import Asked, Violations
from host_tools.load.proxy import Proxy
from host_tools.load.recording import DEFAULT_PICTURES, Recording
from host_tools.load.remembered import hold_history
from host_tools.load.report import Report, curve_of, percentiles_ms, series_of, windows_of
from host_tools.load.scenario import Scenario
from host_tools.load.schedule import Arrivals, Schedule
from host_tools.load.server_process import ServerMemory, ServerProcess
from host_tools.load.shard import Outcome, Progress, ShardProcess, Share, check_open_files, run_share
from host_tools.load.small_disk import SmallDisk
from host_tools.load.witness import Witness

CONNECT_S = 60.0
_MOST_SECONDS_LATE = 1.0


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What to do. `broker` None: one of our own. `serve`: options of a `cutpoint serve` of our own, None for none.

    cut: where devices begin, None for the last one (then plans decide). exact: the edge's kernels are exact.
    """

    bundle: Path
    devices: int
    rate_per_s: float
    duration_s: float
    broker: BrokerAccess | None = None
    serve: tuple[str, ...] | None = None
    root: str = "cutpoint/1"
    cut: int | None = None
    deadline_ms: int = 1000
    keepalive_s: int = 30
    arrivals: Arrivals = "poisson"
    seed: int = 0
    pictures: str | None = None
    picture_count: int = DEFAULT_PICTURES
    profile: str = "esp32"
    processes: int = 1
    scenario: Scenario = field(default_factory=Scenario)
    witness: bool = True
    exact: bool = True
    connects_per_s: float = 1000.0
    name: str = "load"

    def __post_init__(self) -> None:
        for name, least, most in (
            ("devices", 1, 100_000),
            ("processes", 1, 64),
            ("keepalive_s", 1, 3600),
            ("deadline_ms", 1, 600_000),
        ):
            value = getattr(self, name)
            if not least <= value <= most:
                raise UsageError(f"{name} is {value}; give {least:,} to {most:,}")
        if self.processes > self.devices:
            raise UsageError(f"{self.devices} devices cannot be spread over {self.processes} processes")
        _ = self.schedule

    @property
    def schedule(self) -> Schedule:
        """When its devices ask. Raises UsageError for numbers that make none."""
        return Schedule(self.rate_per_s, self.duration_s, self.arrivals, self.seed)


def run(
    plan: LoadPlan,
    on_progress: Callable[[float, Progress], None] = lambda _s, _p: None,
    stopped: threading.Event | None = None,
) -> Report:
    """Carry the plan out; `stopped` ends it early, with a report. Raises UsageError, ConnectError and their kin.

    `on_progress` is called about once a second with the seconds of the run.
    """
    stopped = stopped or threading.Event()
    proxied = [place for place in ("devices", "server") if plan.scenario.needs_proxy(place)]
    # Every process has the limit of this one, so that what holds here holds for them.
    check_open_files(
        -(-plan.devices // plan.processes)
        + 2 * plan.devices * ("devices" in proxied)
        + most_held(plan.scenario)
    )
    bundle = Bundle.open(plan.bundle)
    recording = Recording.of(bundle, pictures=plan.pictures, count=plan.picture_count, profile=plan.profile)
    with ExitStack() as stack:
        own = None
        if plan.broker is None:
            own = HilBroker()
            stack.callback(own.close)
            own.start()
        access = plan.broker or BrokerAccess(own.host if own else "", own.port if own else 0)
        proxies = {}
        for number, place in enumerate(proxied):
            proxies[place] = Proxy((access.host, access.port), seed=plan.scenario.seed + number)
            stack.callback(proxies[place].stop)
            proxies[place].start()
        disk = _disk(plan, stack)
        store = None
        if plan.serve is not None:
            kept = stack.enter_context(tempfile.TemporaryDirectory(prefix="cutpoint-load-"))
            store = (disk.folder if disk is not None else Path(kept)) / "state.sqlite"
        server = None
        if plan.serve is not None:
            server = ServerProcess(
                _serve_options(
                    plan, bundle, proxies["server"].address if "server" in proxies else None, access, store
                ),
                settable_clock=any(fault.what == "server.clock" for fault in plan.scenario.faults),
            )
            stack.callback(server.close)
            server.start()
        at = proxies["devices"].address if "devices" in proxies else (access.host, access.port)
        witness = None
        if plan.witness:
            witness = Witness(
                access.bus(f"{plan.name}-witness"), Topics(plan.root), recording, exact=plan.exact
            )
            witness.start()
            stack.callback(witness.stop)
        return _Run(
            plan, recording, access, own, proxies, server, disk, store, witness, at, on_progress, stopped
        ).carry_out()


class _Run:
    """The part of a run in which everything stands."""

    def __init__(
        self,
        plan: LoadPlan,
        recording: Recording,
        access: BrokerAccess,
        broker: HilBroker | None,
        proxies: dict[str, Proxy],
        server: ServerProcess | None,
        disk: SmallDisk | None,
        store: Path | None,
        witness: Witness | None,
        at: tuple[str, int],
        on_progress: Callable[[float, Progress], None],
        stopped: threading.Event,
    ) -> None:
        self._stopped, self._store = stopped, store
        self._plan, self._recording, self._proxies = plan, recording, proxies
        self._server, self._witness, self._on_progress = server, witness, on_progress
        cut = recording.max_cut if plan.cut is None else plan.cut
        if cut > recording.max_cut:
            raise UsageError(f"cut {cut}: the devices hold {recording.max_cut} operators; give 0 to that")
        # Of this run alone, so that what a broker retained of another one is of an earlier life.
        boot = int(time.time()) & 0x7FFF_FFFF
        manner = Manner(
            plan.root, cut, boot, plan.deadline_ms, plan.keepalive_s, login=(access.username, access.password)
        )
        names = tuple(f"{plan.name}-{number}" for number in range(plan.devices))
        self._shares = [
            Share(
                names[first : first + size],
                first,
                recording,
                manner,
                at,
                plan.schedule,
                plan.exact,
                CONNECT_S + plan.devices / plan.connects_per_s,
                plan.deadline_ms / 1000 + 3.0,
                plan.connects_per_s / plan.processes,
            )
            for first, size in _spread(plan.devices, plan.processes)
        ]
        self._shards: list[ShardProcess] = []
        self._fleet: Fleet | None = None
        target = Target(at, Topics(plan.root), names, boot, cut, recording, manner.login)
        stage = Stage(broker, server, proxies, self._skew, target, disk)
        self._director = Director(plan.scenario, stage, plan.duration_s)
        self._first_bytes = 0
        self._memory = ServerMemory(server)
        self._directed = False

    def carry_out(self) -> Report:
        """Run, and report."""
        try:
            outcomes = [self._here()] if self._plan.processes == 1 else self._spread_out()
        finally:
            if self._directed:
                self._memory.stop()
                self._director.stop()
        return self._report(outcomes)

    def _here(self) -> Outcome:
        """All devices on this thread."""

        def going_on(fleet: Fleet, news: Progress | None) -> bool:
            self._fleet = fleet
            if news is not None:
                self._on_progress(self._director.now_s, news)
            return self._director.failure is None and not self._stopped.is_set()

        share = self._shares[0]
        return run_share(share, lambda _connected: self._begin_ns(), going_on)

    def _spread_out(self) -> list[Outcome]:
        """Devices in processes of their own; this one directs."""
        try:
            for share in self._shares:
                self._shards.append(ShardProcess(share))
            while any(shard.connected is None for shard in self._shards):
                self._listen()
            began_ns = self._begin_ns()
            for shard in self._shards:
                shard.tell("begin", began_ns)
            told_s = 0.0
            while self._listen() and self._director.failure is None and not self._stopped.is_set():
                if self._director.now_s - told_s >= 1.0:
                    told_s = self._director.now_s
                    self._on_progress(told_s, _together([shard.news for shard in self._shards]))
            for shard in self._shards:
                shard.tell("stop")
            while self._listen():
                pass
            return [shard.outcome for shard in self._shards if shard.outcome is not None]
        finally:
            for shard in self._shards:
                shard.close()

    def _listen(self) -> bool:
        """Whether any shard still works."""
        for shard in self._shards:
            shard.listen(0.05)
        return any(shard.outcome is None for shard in self._shards)

    def _begin_ns(self) -> int:
        began_ns = time.monotonic_ns() + (200_000_000 if self._plan.processes > 1 else 0)
        self._first_bytes = self._server.resident_bytes if self._server is not None else 0
        self._director.start(began_ns)
        self._directed = True
        self._memory.start()
        return began_ns

    def _skew(self, share: float, seconds: float) -> None:
        """On the director's thread."""
        if self._shards:
            for shard in self._shards:
                shard.tell("skew", share, seconds)
        elif self._fleet is not None:
            self._fleet.orders.append(lambda fleet: fleet.skew(share, seconds))

    def _report(self, outcomes: list[Outcome]) -> Report:
        plan, tally, violations, by = self._plan, Tally(), Violations(), Counter[str]()
        asked = {}
        for outcome in outcomes:
            tally.add(outcome.tally)
            violations.add(outcome.violations)
            by.update(outcome.by)
            asked.update(outcome.asked)
        edge_view: dict[str, int] = {}
        if self._witness is not None:
            view = self._witness.stop()
            view.reconcile(asked.items())
            violations.add(view.violations)
            edge_view = dict(sorted(view.counts.items()))
        server = self._server_figures()
        remembered: dict[str, int] = {}
        if self._store is not None and self._server is not None:
            self._server.stop()
            remembered, broken = self._remembered(asked)
            violations.add(broken)
        count = sum(len(one.pictures) for one in asked.values())
        duration_s = min(
            plan.duration_s, max([*(number + 1.0 for number in tally.seconds), _MOST_SECONDS_LATE])
        )
        windows, calm = windows_of(tally, self._director.happened, duration_s)
        links = Counter[str]()
        for proxy in self._proxies.values():
            links.update(proxy.counts)
        return Report(
            devices=plan.devices,
            connected=sum(outcome.connected for outcome in outcomes),
            rate_per_s=plan.rate_per_s,
            duration_s=duration_s,
            asked=count,
            by=dict(by),
            wrong=violations.counts["wrong"] + violations.counts["edge wrong"],
            doubled=violations.counts["doubled"] + violations.counts["contradiction"],
            unanswered=violations.counts["unanswered"],
            skipped=tally.counts.pop("skipped", 0),
            per_s=by.total() / duration_s,
            scheduled_ms=percentiles_ms(tally.scheduled),
            sent_ms=percentiles_ms(tally.sent),
            edge_scheduled_ms=percentiles_ms(tally.edge_scheduled),
            edge_sent_ms=percentiles_ms(tally.edge_sent),
            behind_p99_ms=None if (us := tally.behind.percentile(0.99)) is None else us / 1000,
            rig_cpu_us=1e6 * sum(outcome.cpu_s for outcome in outcomes) / max(1, by.total()),
            device_kb=sum(outcome.device_bytes for outcome in outcomes) / max(1, len(outcomes)) / 1024,
            cuts=dict(sorted(tally.cuts.items())),
            reasons=dict(tally.reasons),
            counts=dict(sorted(tally.counts.items())),
            edge_view=edge_view,
            remembered=remembered,
            links=dict(links),
            windows=windows,
            calm=calm if windows else None,
            server=server,
            violations=dict(violations.counts),
            listed=tuple(violations.listed),
            failure=self._director.failure,
            series=series_of(tally),
            curves={
                "scheduled": curve_of(tally.scheduled),
                "sent": curve_of(tally.sent),
                "scheduled, by edge": curve_of(tally.edge_scheduled),
            },
        )

    def _remembered(self, asked: dict[str, Asked]) -> tuple[dict[str, int], Violations]:
        """What the server that has ended wrote down."""
        history = open_history(str(self._store))
        try:
            return hold_history(history.inferences(HistoryQuery()), asked, exact=self._plan.exact)
        finally:
            history.close()

    def _server_figures(self) -> dict[str, float]:
        server = self._server
        if server is None:
            return {}
        return {
            "starts": server.starts,
            "ready_s": server.ready_s,
            "first_mb": self._first_bytes / 1e6,
            "last_mb": server.resident_bytes / 1e6,
            "cpu_s": server.cpu_s,
            "grown": self._memory.grown,
        }


def _serve_options(
    plan: LoadPlan,
    bundle: Bundle,
    proxied: tuple[str, int] | None,
    access: BrokerAccess,
    store: Path | None,
) -> list[str]:
    host, port = proxied or (access.host, access.port)
    options = [
        "--models",
        str(bundle.path),
        "--broker",
        f"{host}:{port}",
        "--root",
        plan.root,
        *(plan.serve or ()),
    ]
    return options if store is None else [*options, "--store", str(store)]


def _disk(plan: LoadPlan, stack: ExitStack) -> SmallDisk | None:
    if "store" not in plan.scenario.groups or plan.serve is None:
        return None
    disk = SmallDisk()
    stack.callback(disk.unmount)
    disk.mount()
    return disk


def most_held(scenario: Scenario) -> int:
    """Connections that the scenario's storms hold."""
    return max((fault.count for fault in scenario.faults if fault.what == "attack.storm"), default=0)


def _spread(devices: int, processes: int) -> list[tuple[int, int]]:
    """(first, how many) for each process."""
    bounds = [devices * number // processes for number in range(processes + 1)]
    return [(first, last - first) for first, last in pairwise(bounds)]


def _together(news: list[Progress]) -> Progress:
    total = Progress()
    for one in news:
        total.online += one.online
        total.asked += one.asked
        total.violations += one.violations
        total.by.update(one.by)
    return total
