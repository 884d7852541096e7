"""Whole inferences against a scripted broker, edge and clock; runs under MicroPython. Prints "ok NAME" or "FAIL NAME why"."""

import json
import struct
from binascii import crc32

from cutpoint.device import Device
from cutpoint.engine import Engine
from cutpoint.frame import (
    ANSWERED,
    COMMAND,
    EXPLORATION,
    HEDGED,
    PLAN,
    PROBE,
    RESULT,
    TIMINGS,
    Header,
    close_frame,
    open_frame,
)
from cutpoint.lowbit import TablesError
from cutpoint.settings import Settings, SettingsError
from cutpoint.tensor import LOWBIT, RAW, Tensor

MODEL = "c0ffee42"


class Hand:
    """A clock that waits by moving on."""

    def __init__(self):
        self.now = 5000000

    def now_us(self):
        return self.now

    def sleep_ms(self, ms):
        self.now += ms * 1000


class Bus:
    """The broker and the edge: keeps what is published, hands over what `edge(frame)` returns `delay_us` later."""

    def __init__(self, settings, clock, will):
        self.clock = clock
        self.will = will
        self.up = False
        self.connected = False
        self.sent = []
        self.queue = []
        self.edge = None
        self.delay_us = 2000

    def poll(self):
        if self.up and not self.connected:
            self.connected = True
            return True
        self.connected = self.up
        return False

    def publish(self, leaf, payload, qos=0, retain=False):
        if not self.connected:
            return False
        self.sent.append((leaf, bytes(payload), qos, retain))
        if leaf == "act" and self.edge:
            for frame in self.edge(bytes(payload)):
                self.queue.append((self.clock.now + self.delay_us, "res", frame))
        return True

    def received(self):
        for at, (when, leaf, frame) in enumerate(self.queue):
            if when <= self.clock.now:
                del self.queue[at]
                return leaf, frame
        return None

    def push(self, leaf, frame):
        self.queue.append((0, leaf, frame))

    def close(self):
        self.connected = False

    def frames(self, leaf):
        return [open_frame(payload) for where, payload, _, _ in self.sent if where == leaf]


class Adder(Engine):
    """Four operators, each adds one to a byte; tensors 1 to 4 are their outputs, tensor 0 the input."""

    operators = 4

    def __init__(self, clock, us=1000):
        self.data = [bytearray(8) for _ in range(5)]
        self.clock = clock
        self.us = us
        self.broken = False

    def input(self, index):
        return self.data[0]

    def run(self, first, last, operators_us):
        for i in range(first, last):
            if self.broken:
                raise ValueError("a broken operator")
            for at in range(8):
                self.data[i + 1][at] = (self.data[i][at] + 1) & 255
            self.clock.now += self.us
            operators_us[i] = self.us

    def live(self, cut):
        return [Tensor(cut, 1, self.data[cut])]


def frame(kind, payload, sequence=0, cut=0, flags=0, boot=7, codec=0, model=MODEL):
    if kind == PLAN:
        boot = sequence = 0
    buffer = bytearray(32) + payload
    header = Header(kind, bytes.fromhex(model), boot, sequence, cut, codec, flags, 0, 1, len(payload))
    return bytes(close_frame(buffer, header))


def result(to, status=0, label=3, edge_us=500, flags=0):
    header, _ = open_frame(to)
    answer = 0 if status or header.flags & ANSWERED else 2
    records = struct.pack("<HHf", label, 0, 0.5) if answer else b""
    return frame(
        RESULT,
        struct.pack("<BBHI", status, answer, 1 if answer else 0, edge_us) + records,
        header.sequence,
        header.cut,
        flags,
    )


def plan(epoch, cut, flags=0, deadline_ms=100, codec=0, parameters=b""):
    payload = struct.pack("<IIH", epoch, deadline_ms, len(parameters)) + parameters
    return frame(PLAN, payload, cut=cut, flags=flags, codec=codec)


def tables_file(settings, model=MODEL):
    """Codec tables as docs/codecs.md has them: `settings` of (cut, codec, channels, levels, channel order); the file's
    version. A level is the upper bits of an element; tensors have 8 elements."""
    heads, blocks = b"", b""
    first = 16 + 8 * len(settings) + 4 * len(settings)
    for number, (cut, codec, _, _, _) in enumerate(settings):
        heads += struct.pack("<HBBI", cut, codec, 1, 16 + 8 * len(settings) + 4 * number)
    for _, _, channels, levels, order in settings:
        heads += struct.pack("<I", first + len(blocks))
        blocks += struct.pack("<3H4BH", 8 // channels, 1, channels, levels - 1, 0, 1, 1 if order else 0, 0)
        blocks += bytes([element * levels >> 8 for element in range(256)])
        values = bytes([level * 256 // levels for level in range(levels)])
        blocks += values + bytes(-levels % 4) + order + bytes(-len(order) % 4)
    head = struct.pack("<4sBBH4s", b"CPCT", 1, len(settings), 0, bytes.fromhex(model))
    version = crc32(head + bytes(4) + heads + blocks)
    with open("codec.tables", "wb") as file:
        file.write(head + struct.pack("<I", version) + heads + blocks)
    return version


def made(engine=True, on_board=4, tables=None):
    clock = Hand()
    settings = Settings(
        "cam-1", "broker", MODEL, 4, [[0, 1, 8, -128]], deadline_ms=100, chunk=192, tables=tables
    )
    adder = Adder(clock) if engine else None
    if adder:
        adder.operators = on_board
    device = Device(settings, 7, adder, Bus, clock)
    device.bus.up = True
    device.poll()
    return device, device.bus, clock


def expect(seen, wanted, what):
    if seen != wanted:
        raise AssertionError(f"{what}: {seen} instead of {wanted}")


def test_birth_and_will():
    device, bus, _ = made(engine=False)
    expect(json.loads(bus.will), {"state": "lost", "boot": 7}, "will")
    expect(
        [(leaf, qos, retain) for leaf, _, qos, retain in bus.sent][:2],
        [("state", 1, True), ("about", 1, True)],
        "birth",
    )
    about = json.loads(bus.sent[1][1])
    expect((about["model"], about["operators"], about["boot"]), (MODEL, 0, 7), "about")
    expect(about["partial"], True, "it takes answers of the chunks that came")
    device.close()
    expect(json.loads(bus.sent[-1][1])["state"], "sleeping", "goodbye")


def test_cut_0_is_answered_by_the_edge():
    device, bus, _ = made(engine=False)
    bus.edge = lambda sent: [result(sent)]
    device.input()[:] = bytes(range(8))
    answer = device.infer()
    expect((answer.by, answer.reason, answer.cut, answer.records), ("edge", "edge", 0, [(3, 0.5)]), "answer")
    header, payload = bus.frames("act")[0]
    expect(bytes(payload)[20:28], bytes(range(8)), "the tensor")
    expect(answer.round_trip_us >= 2000 and answer.edge_us == 500, True, "times")


def test_an_answer_of_the_chunks_that_came_says_so():
    device, bus, _ = made(engine=False)
    bus.edge = lambda sent: [result(sent, flags=0x40)]
    answer = device.infer()
    expect((answer.by, answer.records, answer.partial), ("edge", [(3, 0.5)], True), "of a part")
    bus.edge = lambda sent: [result(sent)]
    expect(device.infer().partial, False, "whole")


def test_a_device_without_engine_says_none_at_its_deadline_and_probes_with_the_question():
    device, bus, clock = made(engine=False)
    for _ in range(3):
        answer = device.infer()
        expect((answer.by, answer.reason), ("none", "deadline"), "silent edge")
    before = len(bus.frames("act"))
    expect(device.infer().reason, "isolated", "isolated")
    expect(len(bus.frames("act")), before, "frames while isolated")
    clock.now += 1100000
    bus.edge = lambda sent: [result(sent)]
    expect(device.infer().by, "edge", "the probe is answered")
    expect(device.infer().by, "edge", "and the isolation over")


def test_a_plan_for_lowbit_is_followed_at_its_cut():
    version = tables_file([(1, 4, 1, 16, b""), (2, LOWBIT, 1, 16, b"")])
    device, bus, _ = made(tables="codec.tables")
    about = json.loads(bus.sent[1][1])
    expect(about["codecs"], ["raw", "bitmap", "lowbit"], "codecs")
    expect(about["tables"], f"{version:08x}", "version")
    bus.edge = lambda sent: [result(sent)]
    bus.push("plan", plan(1, 2, EXPLORATION, codec=LOWBIT, parameters=struct.pack("<BI", 2, version)))
    device.poll()
    device.input()[:] = bytes([0, 16, 32, 255, 128, 127, 14, 13])
    expect(device.infer().by, "edge", "answer")
    header, payload = bus.frames("act")[0]
    expect((header.codec, header.flags, payload[1]), (LOWBIT, EXPLORATION, 2), "codec, flags, setting")
    # The elements are two more: levels 0 1 2 0 8 8 1 0, two to a byte, the lower half first.
    mark = struct.pack("<H", version & 0xFFFF)
    expect(bytes(payload)[8:20], struct.pack("<HBBII", 2, 1, LOWBIT, 8, 6), "record")
    expect(bytes(payload)[20:26], mark + bytes([0x10, 0x02, 0x88, 0x01]), "levels")


def test_channels_travel_in_their_order_and_levels_in_their_bits():
    version = tables_file([(1, LOWBIT, 2, 5, b"\1\0")])
    device, bus, _ = made(tables="codec.tables")
    bus.push("plan", plan(1, 1, codec=LOWBIT, parameters=struct.pack("<BI", 1, version)))
    device.poll()
    device.input()[:] = bytes([255, 53, 0, 105, 51, 160, 207, 254])
    device.infer()
    _, payload = bus.frames("act")[0]
    # One more is added, and of 5 levels one has 3 bits: channel 1 is 1 2 3 4, channel 0 is 0 0 1 4.
    bits = [1, 2, 3, 4, 0, 0, 1, 4]
    number = sum(level << 3 * place for place, level in enumerate(bits))
    expect(bytes(payload)[22:25], number.to_bytes(3, "little"), "levels")


def test_a_setting_that_is_not_on_board_is_raw_without_exploration():
    version = tables_file([(2, LOWBIT, 1, 16, b""), (2, 4, 1, 16, b"")])
    device, bus, _ = made(tables="codec.tables")
    bus.edge = lambda sent: [result(sent)]
    for epoch, (codec, cut, number, seen_version) in enumerate([
        (LOWBIT, 2, 1, version ^ 1), (LOWBIT, 1, 1, version), (LOWBIT, 2, 2, version), (4, 2, 2, version),
        (LOWBIT, 2, 3, version), (6, 2, 1, version),
    ], 1):  # fmt: skip
        parameters = struct.pack("<BI", number, seen_version)
        bus.push("plan", plan(epoch, cut, EXPLORATION, codec=codec, parameters=parameters))
        device.poll()
        expect(device.infer().by, "edge", "answer")
        header, payload = bus.frames("act")[-1]
        expect((header.cut, header.codec, header.flags, payload[1]), (cut, RAW, 0, 0), f"plan {epoch}")
        expect(device.session.plan.epoch, epoch, "followed all the same")
    bus.push("plan", plan(7, 2, codec=LOWBIT, parameters=b"\1"))
    device.poll()
    device.infer()
    expect(bus.frames("act")[-1][0].codec, RAW, "parameters of another length")


def test_a_profile_and_a_report_are_raw_under_a_plan_for_lowbit():
    version = tables_file([(2, LOWBIT, 1, 16, b"")])
    device, bus, _ = made(on_board=3, tables="codec.tables")
    bus.edge = lambda sent: [result(sent)]
    bus.push("plan", plan(1, 2, codec=LOWBIT, parameters=struct.pack("<BI", 1, version)))
    bus.push("cmd", frame(COMMAND, struct.pack("<HH", 1, 0), sequence=9))
    device.poll()
    device.infer()
    header, payload = bus.frames("act")[0]
    expect((header.cut, header.codec, payload[1]), (3, RAW, 0), "a profile")


def test_a_tables_file_that_cannot_be_used_says_why():
    version = tables_file([(2, LOWBIT, 1, 16, b"")])
    with open("codec.tables", "rb") as file:
        good = file.read()
    for spoilt, words in (
        (good[:200], "damaged"),
        (good[:300] + bytes([good[300] ^ 1]) + good[301:], "damaged"),
        (b"CPCS" + good[4:], "no codec tables"),
        (b"", "no codec tables"),
        (good[:8] + b"abcd" + good[12:], "belongs to model 61626364"),
    ):
        with open("codec.tables", "wb") as file:
            file.write(spoilt)
        try:
            made(tables="codec.tables")
            said = "nothing"
        except TablesError as error:
            said = str(error)
        expect(words in said, True, f"{words!r} in {said!r}")
    try:
        made(tables="none.tables")
        said = "nothing"
    except TablesError as error:
        said = str(error)
    expect("no file none.tables" in said, True, said)
    expect(version > 0, True, "version")


def test_a_missed_deadline_is_finished_on_the_device_without_running_the_head_again():
    device, bus, clock = made()
    bus.push("plan", plan(1, 2))
    device.poll()
    start = clock.now
    answer = device.infer()
    expect((answer.by, answer.reason, answer.cut), ("device", "deadline", 2), "answer")
    expect(bytes(answer.outputs[0].data), bytes([4] * 8), "output")
    expect(
        clock.now - start >= 104000 and clock.now - start < 110000, True, "four operators and one deadline"
    )


def test_an_answer_during_the_fallback_wins():
    device, bus, clock = made()
    bus.push("plan", plan(1, 2))
    bus.edge = lambda sent: [result(sent)]
    bus.delay_us = 100500
    device.poll()
    answer = device.infer()
    expect((answer.by, answer.records), ("edge", [(3, 0.5)]), "answer")
    expect(device.session.counters[4:6], [1, 1], "missed, late")


def test_isolation_and_probe_of_a_device_that_can_finish():
    device, bus, clock = made()
    bus.push("plan", plan(1, 2))
    device.poll()
    for _ in range(3):
        device.infer()
    answer = device.infer()
    expect((answer.by, answer.reason), ("device", "isolated"), "isolated")
    clock.now += 1100000
    device.infer()
    header, payload = bus.frames("act")[-1]
    expect((header.flags & (PROBE | ANSWERED), header.cut), (PROBE | ANSWERED, 4), "probe")
    bus.edge = lambda sent: [result(sent)]
    clock.now += 2100000
    device.infer()
    clock.now += 5000
    expect(device.infer().by, "edge", "back")


def test_planned_on_the_device_is_reported_with_timings():
    device, bus, _ = made()
    bus.push("plan", plan(9, 4, TIMINGS))
    device.poll()
    expect(device.infer().reason, "planned", "reason")
    header, payload = bus.frames("act")[-1]
    expect((header.flags, header.cut), (ANSWERED | TIMINGS, 4), "flags and cut")
    expect(struct.unpack_from("<HI", payload, 2), (4, 9), "operators timed, epoch")
    expect(struct.unpack_from("<4I", payload, 8 + 12 + 8 + 4), (1000,) * 4, "their times")


def test_plans_that_are_older_or_too_much():
    device, bus, _ = made(on_board=3)
    for one in (plan(5, 2), plan(4, 1), plan(5, 0), plan(6, 4)):
        bus.push("plan", one)
    device.poll()
    expect((device.session.plan.cut, device.session.plan.epoch), (2, 5), "plan")
    expect((device.session.counters[8], device.session.counters[7]), (2, 1), "stale, impossible")


def test_hedged_goes_on_and_the_first_answer_wins():
    device, bus, clock = made()
    bus.push("plan", plan(1, 1, HEDGED))
    device.poll()
    answer = device.infer()
    expect((answer.by, answer.reason), ("device", "hedged"), "device first")
    bus.edge = lambda sent: [result(sent)]
    bus.delay_us = 1500
    expect(device.infer().by, "edge", "edge first")


def test_profile_runs_and_times_everything():
    device, bus, _ = made()
    bus.push("plan", plan(1, 1))
    bus.push("cmd", frame(COMMAND, struct.pack("<HH", 1, 0), sequence=4))
    bus.push("cmd", frame(COMMAND, struct.pack("<HH", 3, 0), sequence=5))
    device.poll()
    expect(device.infer().reason, "profiled", "reason")
    header, payload = bus.frames("act")[-1]
    expect((header.flags & TIMINGS, header.cut), (TIMINGS, 4), "timed to the end")
    expect(device.session.counters[11], 1, "nobody restarts here")


def test_refusals_and_broken_frames():
    device, bus, _ = made()
    bus.push("plan", plan(1, 2))
    bus.edge = lambda sent: [result(sent, status=4)]
    device.poll()
    answer = device.infer()
    expect((answer.by, answer.reason), ("device", "refused"), "refused")
    good = plan(2, 1)
    for at in range(len(good)):
        broken = bytearray(good)
        broken[at] ^= 0x10
        bus.push("plan", bytes(broken))
        bus.push("res", bytes(broken[: at + 1]))
        bus.push("cmd", bytes(broken))
    device.poll()
    expect(device.session.plan.epoch, 1, "the plan that was")
    expect(device.session.counters[7], 3 * len(good), "bad frames")


def test_models_on_offer_are_kept():
    device, bus, _ = made()
    bus.push("plan", plan(1, 2))

    def unknown(sent):
        header, _ = open_frame(sent)
        payload = struct.pack("<BBHI", 2, 4, 2, 500) + b"\1\2\3\4\5\6\7\10"
        return [frame(RESULT, payload, header.sequence, header.cut)]

    bus.edge = unknown
    device.poll()
    expect(device.session.offered, (), "nothing yet")
    answer = device.infer()
    expect((answer.by, answer.reason), ("device", "refused"), "refused")
    expect(device.session.offered, (b"\1\2\3\4", b"\5\6\7\10"), "the ids on offer")


def test_an_engine_that_fails():
    device, bus, _ = made()
    device.engine.broken = True
    answer = device.infer()
    expect((answer.by, answer.reason), ("none", "engine"), "answer")


def test_offline_and_back():
    device, bus, _ = made()
    bus.push("plan", plan(1, 2))
    bus.edge = lambda sent: [result(sent)]
    device.poll()
    bus.up = False
    device.poll()
    expect(device.infer().reason, "offline", "offline")
    bus.up = True
    expect(device.infer().by, "edge", "back")
    expect(sum(leaf == "state" for leaf, _, _, _ in bus.sent), 2, "births")


def test_chunks_of_a_large_input():
    clock = Hand()
    settings = Settings("cam-1", "broker", MODEL, 4, [[0, 1, 1000, -128]], chunk=192)
    device = Device(settings, 7, None, Bus, clock)
    device.bus.up = True
    device.bus.edge = lambda sent: [result(sent)] if open_frame(sent)[0].index == 6 else []
    device.input()[:] = bytes(i & 255 for i in range(1000))
    expect(device.infer().by, "edge", "answer")
    payload = b"".join(bytes(payload) for _, payload in device.bus.frames("act"))
    expect(payload[20:1020], bytes(i & 255 for i in range(1000)), "the tensor in seven chunks")


def test_a_camera_s_jpeg_travels_instead_of_the_input():
    device, bus, _ = made(engine=False)
    bus.edge = lambda sent: [result(sent)]
    expect(device.infer(jpeg=b"jpeg!").by, "edge", "answer")
    header, payload = bus.frames("act")[-1]
    expect(
        (header.codec, bytes(payload)[8:25]), (2, struct.pack("<HBBII", 0, 1, 2, 8, 5) + b"jpeg!"), "record"
    )
    device.infer(jpeg=b"too large")
    header, payload = bus.frames("act")[-1]
    expect(bytes(payload)[11], 0, "raw where the file is not smaller")


def test_settings_say_what_is_wrong():
    for field, value in (
        ("id", "Cam 1"),
        ("model", "c0ffee4"),
        ("model", "zzzzzzzz"),
        ("deadline_ms", 0),
        ("inputs", []),
    ):
        given = {
            "id": "cam-1",
            "broker": "b",
            "model": MODEL,
            "operators": 4,
            "inputs": [[0, 1, 8, 0]],
            "password": "hush",
        }
        given[field] = value
        try:
            Settings(**given)
        except SettingsError as error:
            expect(field in str(error) and "hush" not in str(error), True, str(error))
        else:
            raise AssertionError(field + " was taken")


for name in sorted(name for name in globals() if name.startswith("test_")):
    try:
        globals()[name]()
        print("ok", name)
    except Exception as error:
        print("FAIL", name, type(error).__name__, error)
