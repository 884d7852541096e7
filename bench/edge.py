"""The edge server over mosquitto on loopback: round trip, throughput, memory, start."""

from __future__ import annotations

import threading
from itertools import cycle, islice
from time import perf_counter, perf_counter_ns

from ai_edge_litert.interpreter import Interpreter, OpResolverType

import cutpoint
from bench.figure import Figure, Section, percentile
from bench.fleet import Live, RecordedDevice, drive
from bench.mosquitto import mosquitto
from bench.processes import echo, edge_server
from cutpoint.bus import MqttBus
from cutpoint.graph import Bundle
from cutpoint.kernels import Array, open_runner
from cutpoint.picture.input_tensor import input_tensors
from cutpoint.wire import DType
from host_tools.device.device import VirtualDevice
from host_tools.device.settings import DeviceSettings
from host_tools.device.sources import open_source
from host_tools.shipped import shipped_bundle, shipped_pictures

COMMAND = "python -m bench edge"
BLOCK_4 = 17
"""The cut after block 4's add: one tensor of 2,304 bytes."""
DEVICES = 8
RESOLVERS = {
    "reference": OpResolverType.BUILTIN_REF,
    "xnnpack": OpResolverType.AUTO,
}


def measure(*, quick: bool) -> Section:
    """Run every measurement against one server after the other."""
    bundle = cutpoint.Bundle.open(shipped_bundle())
    if bundle.cuts[BLOCK_4].bytes != 2304:
        raise SystemExit(
            f"cut {BLOCK_4} of the shipped model carries {bundle.cuts[BLOCK_4].bytes} B, not 2,304"
        )
    inferences, seconds = (60, 2.0) if quick else (400, 10.0)
    with mosquitto() as broker:
        with echo(broker):
            echoes_us = echo_times_us(broker, bundle.cuts[BLOCK_4].bytes, inferences)
        figures = [
            figure
            for kernels in ("reference", "xnnpack")
            for figure in (
                *round_trip(bundle, broker, kernels, inferences, echoes_us),
                *throughput(bundle, broker, kernels, seconds),
            )
        ]
    return Section("edge", COMMAND, tuple(figures))


def round_trip(
    bundle: Bundle, broker: tuple[str, int], kernels: str, count: int, echoes_us: list[float]
) -> list[Figure]:
    """One whole virtual device, head on its own kernels, cut at block 4, raw, without waiting; tails on `kernels`."""
    with edge_server(bundle.path, broker, cut=BLOCK_4, kernels=kernels) as server:
        bus = MqttBus(*broker, client_id="bench-device")
        settings = DeviceSettings(cut=BLOCK_4, telemetry_s=0)
        with VirtualDevice("bench-device", bundle, bus=bus, profile="host", settings=settings) as device:
            samples = cycle(open_source(shipped_pictures(), device.inputs))
            records = [device.infer(sample) for sample in islice(samples, count + 20)][20:]
            heads = device.engine.name
        ready_s = server.ready_s
    times = [r.link_us + r.edge_us for r in records if r.link_us is not None and r.edge_us is not None]
    if len(times) != count:
        raise SystemExit(f"only {len(times)} of {count} inferences were answered by the edge")
    edge = percentile([r.edge_us for r in records if r.edge_us is not None], 0.5)
    name = "MQTT echo of as many bytes"
    return [
        Figure(
            f"round trip, {percent}, {kernels} tails",
            percentile(times, share) / 1000,
            "ms",
            target=target,
            baseline_name=name,
            baseline=percentile(echoes_us, share) / 1000,
            detail=f"{count} pictures, heads on {heads}; residence in the edge p50 {edge / 1000:.2f} ms"
            if share == 0.5
            else "",
        )
        for percent, share, target in (("p50", 0.5, 3.0), ("p95", 0.95, 8.0))
    ] + [Figure(f"edge server, {kernels} tails: start to ready", ready_s, "s", target=2.0)]


def echo_times_us(broker: tuple[str, int], size: int, count: int) -> list[float]:
    """Round trips of the echo, one after the other."""
    bus, came, times = MqttBus(*broker, client_id="bench-asker"), threading.Event(), []
    bus.on_message = lambda _topic, _payload: came.set()
    bus.subscribe("echo/reply")
    bus.connect()
    payload = bytes(size + 100)
    for _ in range(count + 20):
        came.clear()
        start = perf_counter_ns()
        bus.publish("echo/ask", payload)
        if not came.wait(5.0):
            raise SystemExit("the echo did not answer within 5 s")
        times.append((perf_counter_ns() - start) / 1000)
    bus.close()
    return times[20:]


def throughput(bundle: Bundle, broker: tuple[str, int], kernels: str, seconds: float) -> list[Figure]:
    """Eight recorded devices in closed loop, against the bare `invoke()` loop of the same tail.

    The loop runs before and after them, and its better run counts, since a shared machine has slow moments.
    """
    live, arrays = recorded(bundle)
    before = invokes_per_s(bundle, arrays, kernels, seconds / 8)
    with edge_server(bundle.path, broker, cut=BLOCK_4, kernels=kernels) as server:
        devices = [
            RecordedDevice(f"load-{number}", bundle, BLOCK_4, live, broker) for number in range(DEVICES)
        ]
        cpu_s: list[float] = []
        load = drive(devices, warm_up_s=1.0, seconds=seconds, on_start=lambda: cpu_s.append(server.cpu_s))
        cpu_us = 1e6 * (server.cpu_s - cpu_s[0]) / max(1, len(load.round_trips_us))
        resident = server.resident_bytes
    after = invokes_per_s(bundle, arrays, kernels, seconds / 8)
    return [
        Figure(
            f"throughput, {DEVICES} devices, {kernels} tails",
            load.per_s,
            "requests/s",
            target=500.0,
            least=True,
            baseline_name="bare invoke() loop",
            baseline=max(before, after),
            detail=f"p50 {percentile(load.round_trips_us, 0.5) / 1000:.2f} ms, p99 "
            f"{percentile(load.round_trips_us, 0.99) / 1000:.2f} ms, {load.unanswered} unanswered; edge CPU "
            f"{cpu_us:.0f} us a request; load generator and broker on the same cores",
        ),
        Figure(
            f"edge server, {kernels} tails: resident memory after {DEVICES} devices",
            resident / 1e6,
            "MB",
            target=300.0,
        ),
    ]


def recorded(bundle: Bundle) -> tuple[Live, list[Array]]:
    """The live tensors of one picture at block 4: as a device's session takes them, and as arrays."""
    head = open_runner(bundle.model().split(BLOCK_4)[0], "reference")
    sample = next(iter(open_source(shipped_pictures(), input_tensors(bundle.model()))))
    arrays = head.run(sample.arrays)
    live = [
        (tensor.index, int(DType.of(array.dtype)), array.tobytes(), tensor.zero_point or 0)
        for tensor, array in zip(bundle.cuts[BLOCK_4].tensors, arrays, strict=True)
    ]
    return live, arrays


def invokes_per_s(bundle: Bundle, arrays: list[Array], kernels: str, seconds: float) -> float:
    """How often a second a bare `invoke()` of the tail runs: nothing goes in or out."""
    tail = Interpreter(
        model_content=bundle.model().split(BLOCK_4)[1],
        experimental_op_resolver_type=RESOLVERS[kernels],
        num_threads=1,
    )
    tail.allocate_tensors()
    for given, array in zip(tail.get_input_details(), arrays, strict=True):
        tail.set_tensor(given["index"], array)
    tail.invoke()
    runs, began = 0, perf_counter()
    while (took := perf_counter() - began) < seconds:
        tail.invoke()
        runs += 1
    return runs / took
