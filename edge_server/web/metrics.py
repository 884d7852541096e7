"""What Prometheus is told: a collector that reads the server when it is asked, and keeps nothing itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from math import isinf
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from edge_server.web.drops import is_drop
from edge_server.web.fleet import STAGES, TOTAL
from edge_server.web.histogram import Histogram
from edge_server.web.view import FleetView

MOST_EVENTS = 512
"""Different counters that are shown; a server has about a hundred, and none that a device could name."""
_ANSWERED = "answered_"
_US = 1e6


def registry_of(view: FleetView) -> CollectorRegistry:
    """A registry of one server's own: two servers in one process do not mix."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(ServerCollector(view))
    ProcessCollector(registry=registry)
    return registry


class ServerCollector(Collector):
    """Each scrape reads the counters, gauges and histograms as they are."""

    def __init__(self, view: FleetView) -> None:
        self._view = view

    def collect(self) -> Iterator[Metric]:
        """All metrics of the server."""
        stats = self._view.stats()
        counters: Mapping[str, int] = stats["counters"]
        yield from self._histograms()
        yield from self._devices()
        yield from _gauges(stats)
        yield from _spent(stats)
        yield from _counters(counters)
        yield self._decisions()
        yield from self._audits()
        yield from self._facts(stats)

    def _histograms(self) -> Iterator[Metric]:
        fleet = self._view.fleet
        stages = HistogramMetricFamily(
            "cutpoint_stage_seconds",
            "Time that served inferences spent in the edge, by stage",
            labels=["stage"],
        )
        for stage in (*STAGES, TOTAL):
            histogram = fleet.stages[stage]
            stages.add_metric([stage], _buckets(histogram, _US), histogram.sum / _US)
        yield stages
        batches = HistogramMetricFamily(
            "cutpoint_batch_jobs", "Jobs in the invocation of each served inference"
        )
        batches.add_metric([], _buckets(fleet.batches, 1), fleet.batches.sum)
        yield batches

    def _devices(self) -> Iterator[Metric]:
        devices = GaugeMetricFamily(
            "cutpoint_devices", "Devices, by what they said of themselves", labels=["state"]
        )
        for state, count in sorted(self._view.fleet.states.copy().items(), key=str):
            devices.add_metric(["unknown" if state is None else state.value], count)
        yield devices

    def _decisions(self) -> Metric:
        decisions = CounterMetricFamily(
            "cutpoint_decisions", "Plans that were sent, by what they say", labels=["model", "cut", "codec"]
        )
        for labels, count in sorted(self._view.fleet.decisions.copy().items()):
            decisions.add_metric(list(labels), count)
        return decisions

    def _audits(self) -> Iterator[Metric]:
        labels = ["model", "cut", "codec"]
        audits = CounterMetricFamily(
            "cutpoint_audits", "Exact frames that were held against a lossy setting", labels=labels
        )
        agreement = GaugeMetricFamily(
            "cutpoint_agreement_ratio",
            "Of answers under a lossy setting with exact ones, over the last audits of all devices",
            labels=labels,
        )
        drift = GaugeMetricFamily(
            "cutpoint_drift_points",
            "Points by which that is under what the setting's calibration found",
            labels=labels,
        )
        for of, figures in sorted(self._view.fleet.audits.copy().items()):
            audits.add_metric(list(of), figures.count)
            if (measured := figures.agreement) is not None:
                agreement.add_metric(list(of), measured)
                drift.add_metric(list(of), 100.0 * (figures.calibrated - measured))
        yield audits
        yield agreement
        yield drift

    def _facts(self, stats: Mapping[str, Any]) -> Iterator[Metric]:
        facts = self._view.facts()
        build = GaugeMetricFamily("cutpoint_build_info", "What runs", labels=["version", "kernels"])
        build.add_metric([str(facts["version"]), str(facts["kernels"])], 1)
        yield build
        models = GaugeMetricFamily("cutpoint_model_info", "Models on offer", labels=["model", "name"])
        for model, name in sorted(stats["models"].items()):
            models.add_metric([model, name], 1)
        yield models
        served = GaugeMetricFamily(
            "cutpoint_model_devices", "Devices that are planned for, by model", labels=["model"]
        )
        by_model: Counter[str] = Counter()
        for one in stats["catalogue"]:
            by_model[one["id"]] += one["devices"]
        for model, count in sorted(by_model.items()):
            served.add_metric([model], count)
        yield served
        missing = self._view.missing()
        ready = GaugeMetricFamily("cutpoint_ready", "1 while nothing keeps the server from serving")
        ready.add_metric([], 0 if missing else 1)
        yield ready
        turned = GaugeMetricFamily("cutpoint_desk_idle_seconds", "Since the desk's loop last turned")
        turned.add_metric([], self._view.idle_s())
        yield turned


_GAUGES = {
    "uptime_s": ("cutpoint_uptime_seconds", "Since the server was started"),
    "tails": ("cutpoint_tails_resident", "Tails that are in memory"),
    "tails_bytes": ("cutpoint_tails_resident_bytes", "Memory that they take, by estimate"),
    "capacity": ("cutpoint_runners", "Invocations that may run at the same time"),
}
_LOAD = {
    "load_price": (
        "cutpoint_load_price_ratio",
        "What a busy edge asks for its compute, over the price of an idle one",
        1,
    ),
    "load": ("cutpoint_load_ratio", "Work that comes, over what the threads can do", 1),
    "utilisation": ("cutpoint_utilisation_ratio", "Share of the threads' time in which they compute", 1),
    "wait_us": ("cutpoint_load_wait_seconds", "Mean wait for a thread, as it is priced", 1e6),
}
_QUEUES = {"inbox": "inbox", "queue": "jobs", "store_waiting": "store"}


def _gauges(stats: Mapping[str, Any]) -> Iterator[Metric]:
    for key, (name, words) in _GAUGES.items():
        if key in stats:
            gauge = GaugeMetricFamily(name, words)
            gauge.add_metric([], stats[key])
            yield gauge
    for key, (name, words, units) in _LOAD.items():
        if key in stats:
            gauge = GaugeMetricFamily(name, words)
            gauge.add_metric([], stats[key] / units)
            yield gauge
    depths = GaugeMetricFamily("cutpoint_queue_depth", "What waits now", labels=["queue"])
    for key, queue in _QUEUES.items():
        if key in stats:
            depths.add_metric([queue], stats[key])
    yield depths


def _spent(stats: Mapping[str, Any]) -> Iterator[Metric]:
    """Times that only grow: seconds as Prometheus wants them."""
    compute = CounterMetricFamily(
        "cutpoint_compute_seconds", "Time of the kernels, summed over all that run at once"
    )
    compute.add_metric([], stats.get("busy_us", 0) / _US)
    yield compute
    cpu = CounterMetricFamily("cutpoint_cpu_seconds", "Processor time by stage", labels=["stage"])
    for stage, us in stats.get("cpu_us", {}).items():
        if us is not None:
            cpu.add_metric([stage], us / _US)
    yield cpu


def _counters(counters: Mapping[str, int]) -> Iterator[Metric]:
    events = CounterMetricFamily("cutpoint_events", "Every counter of the server, by name", labels=["event"])
    for name, count in _bounded(counters.items()):
        events.add_metric([name], count)
    yield events
    answers = CounterMetricFamily("cutpoint_answers", "Results that left, by status", labels=["status"])
    for name, count in sorted(counters.items()):
        if name.startswith(_ANSWERED):
            answers.add_metric([name.removeprefix(_ANSWERED)], count)
        elif name == "acknowledged":
            answers.add_metric([name], count)
    yield answers
    drops = CounterMetricFamily(
        "cutpoint_drops", "Messages that were dropped or refused, by reason", labels=["reason"]
    )
    for name, count in _bounded((name, count) for name, count in counters.items() if is_drop(name)):
        drops.add_metric([name], count)
    yield drops


def _bounded(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(counts)[:MOST_EVENTS]


def _buckets(histogram: Histogram, units: float) -> list[tuple[str, float]]:
    """Bounds as Prometheus writes them, `units` of the histogram's to one of the metric's."""
    return [
        ("+Inf" if isinf(bound) else repr(bound / units), count) for bound, count in histogram.cumulative()
    ]
