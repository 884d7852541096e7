"""Past one server: what a broker pays for a message, what two replicas do, and how soon a dead one is replaced."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from time import perf_counter

import psutil

from bench.asker import Asker
from bench.edge import BLOCK_4, recorded
from bench.figure import Figure, Section, percentile
from bench.fleet import Live, RecordedDevice, drive
from bench.mosquitto import mosquitto_process
from bench.processes import Started, edge_server
from cutpoint.bus import MqttBus
from cutpoint.graph import Bundle
from cutpoint.kernels import Array, Kernels, open_runner
from edge_server.replicas import owner
from host_tools.shipped import shipped_bundle

COMMAND = "python -m bench scaling"
NAMES = ("edge-a", "edge-b")
EQUAL = dict.fromkeys(NAMES, 1.0)
ACTIVATION_BYTES = 2_356
"""One frame at block 4: 2,304 bytes of tensor and what frames it."""
RESULT_BYTES = 60


def measure(*, quick: bool) -> Section:
    """Broker alone, then servers: the same eight devices against one and against two; one that is killed."""
    seconds, rounds = (2.0, 2) if quick else (8.0, 10)
    bundle = Bundle.open(shipped_bundle())
    live, arrays = recorded(bundle)
    figures = [_of_the_hash()]
    figures += [_of_the_tail(bundle, arrays, kernels, rounds) for kernels in ("reference", "xnnpack")]
    with mosquitto_process() as (broker, number):
        process = psutil.Process(number)
        figures += _of_the_broker(broker, process, 2_000 if quick else 20_000)
        figures.append(_of_subscribing(broker))
        figures += _of_servers(bundle, live, broker, process, seconds)
        figures += _of_a_death(bundle, live, broker, rounds)
        figures += _of_a_first_frame(bundle, live, broker, 5 * rounds)
    return Section("Past one machine", COMMAND, tuple(figures))


def _of_the_hash() -> Figure:
    devices, servers = [f"cam-{i}" for i in range(10_000)], {f"edge-{i}": 1.0 for i in range(4)}
    began = perf_counter()
    for device in devices:
        owner(device, servers)
    return Figure("10,000 devices settled among 4 replicas", 1e3 * (perf_counter() - began), "ms")


def _of_the_tail(bundle: Bundle, arrays: list[Array], kernels: Kernels, rounds: int) -> Figure:
    """Processor time of one run, so that it can be held against that of a request."""
    runner = open_runner(bundle.model().split(BLOCK_4)[1], kernels)
    runner.run(arrays)
    began = time.thread_time_ns()
    for _ in range(100 * rounds):
        runner.run(arrays)
    us = (time.thread_time_ns() - began) / 1000 / (100 * rounds)
    return Figure(f"the tail alone, {kernels}: CPU", us, "us")


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _of_the_broker(broker: tuple[str, int], process: psutil.Process, count: int) -> list[Figure]:
    """Messages from one client to another, at a pace that both keep: CPU of the broker for each."""
    figures = []
    for name, size in (("an activation", ACTIVATION_BYTES), ("a result", RESULT_BYTES)):
        came = threading.Semaphore(0)
        receiver, sender = MqttBus(*broker, client_id="receiver"), MqttBus(*broker, client_id="sender")
        receiver.on_message = lambda _topic, _payload, came=came: came.release()  # type: ignore[misc]
        receiver.subscribe("bench/x")
        receiver.connect()
        sender.connect()
        payload = bytes(size)
        before = _cpu_s(process)
        for number in range(count):
            sender.publish("bench/x", payload)
            if number % 16 == 15:
                for _ in range(16):
                    if not came.acquire(timeout=5):
                        raise SystemExit("a message of the broker's measurement was lost")
        used = _cpu_s(process) - before
        receiver.close()
        sender.close()
        figures.append(Figure(f"mosquitto: CPU for {name} of {size} bytes", 1e6 * used / count, "us"))
    return figures


def _of_subscribing(broker: tuple[str, int]) -> Figure:
    """What a replica asks of the broker when it takes 10,000 devices: until the last subscription stands."""
    bus, came = MqttBus(*broker, client_id="taker"), threading.Event()
    bus.on_message = lambda _topic, _payload: came.set()
    bus.connect()
    began = perf_counter()
    bus.subscribe_all(f"bench/cam-{i}/{leaf}" for i in range(10_000) for leaf in ("act", "tele"))
    bus.publish("bench/cam-9999/tele", b"")
    if not came.wait(30):
        raise SystemExit("20,000 subscriptions did not stand within 30 s")
    took = perf_counter() - began
    bus.close()
    return Figure("10,000 devices taken: 20,000 subscriptions at mosquitto", 1e3 * took, "ms")


@contextmanager
def _replicas(
    bundle: Bundle, broker: tuple[str, int], names: tuple[str, ...], kernels: str = "reference"
) -> Iterator[list[Started]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(edge_server(bundle.path, broker, cut=BLOCK_4, kernels=kernels, replica=name))
            for name in names
        ]


def _of_servers(
    bundle: Bundle, live: Live, broker: tuple[str, int], process: psutil.Process, seconds: float
) -> list[Figure]:
    figures, alone = [], 0.0
    for names, kernels in ((NAMES[:1], "reference"), (NAMES, "reference"), (NAMES[:1], "xnnpack")):
        with _replicas(bundle, broker, names, kernels) as servers:
            devices = [
                RecordedDevice(f"{name}-{len(names)}", bundle, BLOCK_4, live, broker) for name in _balanced(8)
            ]
            before: list[float] = []

            def began(servers: list[Started] = servers, before: list[float] = before) -> None:
                before[:] = [sum(server.cpu_s for server in servers), _cpu_s(process)]

            load = drive(devices, warm_up_s=2.0, seconds=seconds, on_start=began)
            edge = 1e6 * (sum(server.cpu_s for server in servers) - before[0]) / len(load.round_trips_us)
            brokers = 1e6 * (_cpu_s(process) - before[1]) / len(load.round_trips_us)
        figures.append(
            Figure(
                f"throughput, 8 devices, {len(names)} replica{'s' * (len(names) > 1)}, {kernels} tails",
                load.per_s,
                "requests/s",
                baseline_name="one replica, reference" if alone else "",
                baseline=alone or None,
                detail=f"CPU a request: servers {edge:.0f} us, broker {brokers:.0f} us; p50 "
                f"{percentile(load.round_trips_us, 0.5) / 1000:.2f} ms, p99 "
                f"{percentile(load.round_trips_us, 0.99) / 1000:.2f} ms; {load.unanswered} unanswered; load "
                "generator and broker on the same cores",
            )
        )
        alone = alone or load.per_s
    return figures


def _balanced(count: int) -> list[str]:
    """Names of devices of which every replica owns as many, under both names that the measurement gives them."""
    shares: dict[str, list[str]] = {name: [] for name in NAMES}
    number = 0
    while min(len(devices) for devices in shares.values()) < count // len(NAMES):
        device = f"load-{number}"
        number += 1
        shares[str(owner(f"{device}-{len(NAMES)}", EQUAL))].append(device)
    return [device for devices in shares.values() for device in devices[: count // len(NAMES)]]


def _of_a_death(bundle: Bundle, live: Live, broker: tuple[str, int], rounds: int) -> list[Figure]:
    """From SIGKILL of one replica to the first answer of the other, for each of four of its devices."""
    devices = [name for name in (f"cam-{i}" for i in range(64)) if owner(name, EQUAL) == NAMES[0]][:4]
    # A replica that serves already has its tails: what is measured is the taking over, not the making of one.
    other = next(name for name in (f"cam-{i}" for i in range(64)) if owner(name, EQUAL) == NAMES[1])
    gaps: list[float] = []
    for _ in range(rounds):
        asker = Asker(bundle, BLOCK_4, live, broker)
        with ExitStack() as stack:
            doomed, _ = stack.enter_context(_replicas(bundle, broker, NAMES))
            for device in (other, *devices):
                asker.announce(device)
            for device in (other, *devices):
                asker.asks_until_answered(device, every_s=0.05, most_s=10)
            doomed.process.kill()
            doomed.process.wait()
            killed = perf_counter()
            firsts = {device: asker.ask(device) for device in devices}
            answers: dict[str, float] = {}
            while len(answers) < len(devices) and perf_counter() - killed < 10:
                time.sleep(0.01)
                for device in firsts.keys() - answers.keys():
                    answer = asker.first_answer(device, firsts[device])
                    if answer is None:
                        asker.ask(device)
                    else:
                        answers[device] = answer[1]
            gaps += [1e3 * (at - killed) for at in answers.values()]
        asker.leave()
    detail = f"{len(gaps)} devices of {rounds} killed servers, each asking every 10 ms"
    return [
        Figure("SIGKILL of a replica to the next edge answer, p50", percentile(gaps, 0.5), "ms"),
        Figure("SIGKILL of a replica to the next edge answer, most", max(gaps), "ms", detail=detail),
    ]


def _of_a_first_frame(bundle: Bundle, live: Live, broker: tuple[str, int], count: int) -> list[Figure]:
    """A device that nobody has heard of asks right after it announced itself, and again every two milliseconds."""
    lost: list[int] = []
    waits: list[float] = []
    asker = Asker(bundle, BLOCK_4, live, broker)
    with _replicas(bundle, broker, NAMES):
        for number in range(count):
            device = f"new-{number}"
            began = perf_counter()
            asker.announce(device)
            unanswered, at = asker.asks_until_answered(device, every_s=0.002, most_s=10)
            # Those that were asked in vain must not make the next device wait.
            time.sleep(0.05)
            lost.append(unanswered)
            waits.append(1e3 * (at - began))
    asker.leave()
    return [
        Figure(
            "a new device's announcement to its first edge answer, p50",
            percentile(waits, 0.5),
            "ms",
            detail=f"most {max(waits):.1f} ms; of {count} new devices that ask at once, then every 2 ms, "
            f"{sum(1 for one in lost if one)} had a first frame that nobody was subscribed to yet",
        )
    ]
