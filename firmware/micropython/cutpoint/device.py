"""A board that asks: picture in, answer out."""

import gc
import json
import sys

from cutpoint.clock import Clock
from cutpoint.engine import InputEngine
from cutpoint.frame import FrameError
from cutpoint.session import Session
from cutpoint.tensor import JPEG, Tensor

VERSION = "0.1.0"
PROFILE, IDENTIFY, RESTART = 1, 2, 3
TELEMETRY_US = 5000000
HEAP_NOW = 0


class Answer:
    """`by`: "edge", "device" or "none"; `records` as messages.read_result gives them, `outputs` when by device.

    `partial`: the edge made it of the chunks that had come.
    """

    def __init__(self, sequence, cut, by, reason, sent=None, outputs=(), total_us=0):
        self.sequence = sequence
        self.cut = cut
        self.by = by
        self.reason = reason
        self.kind, self.records = sent.answer if sent and by == "edge" else (None, ())
        self.partial = bool(sent and by == "edge" and sent.partial)
        self.outputs = outputs
        self.total_us = total_us
        self.round_trip_us = sent.round_trip_us if sent and by == "edge" else None
        self.edge_us = sent.edge_us if sent and by == "edge" else None
        self.bytes_up = sent.bytes_up if sent else 0


class Device:
    """Owns session, engine and connection. One thread: everything happens inside `infer` and `poll`.

    `transport(settings, clock, will)` makes the connection, `cutpoint.mqtt.Mqtt` by default; `commanded(id, argument)`
    is told of identify and restart, and returns whether it obeyed.
    """

    def __init__(self, settings, boot, engine=None, transport=None, clock=None, commanded=None):
        self.settings = settings
        self.engine = engine or InputEngine(settings.inputs)
        self.clock = clock or Clock()
        on_board = self.engine.operators
        tables = None
        if settings.tables:
            from cutpoint.lowbit import Tables  # here, so that a network without tables does without

            tables = Tables(settings.tables, settings.model)
        self.session = Session(
            settings.model, boot, settings.operators, on_board, on_board, settings.deadline_ms, settings.chunk,
            tables=tables,
        )  # fmt: skip
        if transport is None:
            from cutpoint.mqtt import Mqtt  # here, so that a transport of another kind needs no umqtt

            transport = Mqtt
        self.bus = transport(settings, self.clock, self._state("lost"))
        self._commanded = commanded
        self._operators_us = [0] * on_board
        self._told = 0
        self._jpeg = None

    def input(self, index=0):
        """Where the next picture goes, see Engine."""
        return self.engine.input(index)

    def poll(self):
        """Look after the connection and what arrived. Call it often while nothing else is to be done."""
        if self.bus.poll():
            self.session.connect(self.clock.now_us())
            self.bus.publish("state", self._state("online"), 1, True)
            self.bus.publish("about", self._about(), 1, True)
        elif self.session.connected and not self.bus.connected:
            self.session.disconnect()
        message = self.bus.received()
        while message:
            command = self.session.receive(message[0], message[1], self.clock.now_us())
            if command:
                self._obey(*command)
            message = self.bus.received()
        now = self.clock.now_us()
        self.session.tick(now)
        if self.session.connected and now - self._told >= TELEMETRY_US:
            self._told = now
            for frame in self.session.telemetry({HEAP_NOW: gc.mem_free()} if hasattr(gc, "mem_free") else {}):
                self.bus.publish("tele", frame)

    def infer(self, jpeg=None):
        """The answer to the picture in the input, after a deadline at the latest plus what the engine takes.

        `jpeg`: the same picture as a camera coded it; it travels instead of the input where the cut is 0. Without an
        engine the input need not hold anything then.
        """
        self._jpeg = jpeg
        self.poll()
        session, began = self.session, self.clock.now_us()
        cut, reason = session.way(began)
        if reason and not session.can_finish:
            return self._deliver("none", reason, cut, began)
        if not self._run(0, cut):
            return self._deliver("none", "engine", cut, began)
        if reason:
            answer = self._deliver("device", reason, cut, began)
            self._send(cut, report=True)
            return answer
        sent = self._send(cut)
        reason = "offline" if sent is None else self._wait(sent, cut)
        if sent and sent.answer:
            return self._deliver("edge", "edge", cut, began, sent)
        if not session.can_finish:
            return self._deliver("none", reason, cut, began, sent)
        return self._finish(cut, reason, began, sent)

    def close(self):
        """Say `sleeping` and go."""
        self.bus.publish("state", self._state("sleeping"), 1, True)
        self.bus.close()
        self.session.disconnect()

    def _wait(self, sent, cut):
        if self.session.hedged:
            return "hedged"
        while sent.state == "open":
            self.poll()
            if sent.state == "open":
                self.clock.sleep_ms(1)
        return {"refused": "refused", "lost": "offline"}.get(sent.state, "deadline")

    def _finish(self, cut, reason, began, sent):
        """The rest on the device, an operator at a time, so that an answer that still comes can win."""
        for operator in range(cut, self.session.operators):
            if not self._run(operator, operator + 1):
                return self._deliver("none", "engine", cut, began, sent)
            self.poll()
            if sent and sent.answer:
                return self._deliver("edge", "edge", cut, began, sent)
        return self._deliver("device", reason, cut, began, sent)

    def _run(self, first, last):
        try:
            self.engine.run(first, last, self._operators_us)
            return True
        except Exception as error:  # whatever an engine of the user's raises: the answer comes from elsewhere
            print(f"engine failed at operators [{first}, {last}): {error}")
            return False

    def _send(self, cut, report=False):
        start = self.clock.now_us()
        spent = [0]  # in the network, so that the rest is encoding

        def encode_us():
            return max(0, self.clock.now_us() - start - spent[0])

        try:
            tensors = self.engine.live(cut)
            jpeg = self._jpeg if cut == 0 and not report and len(tensors) == 1 else None
            if jpeg:
                tensors = [Tensor(tensors[0].index, tensors[0].dtype, tensors[0].data, 0, jpeg)]
            us, codec = self._operators_us, JPEG if jpeg else None
            frames = self.session.frames(cut, tensors, us, start, report, encode_us, codec)
            for frame in frames:
                before = self.clock.now_us()
                if not self.bus.publish("act", frame):
                    self.session.unsent()
                    return None
                spent[0] += self.clock.now_us() - before
        except FrameError:  # more chunks than a message may have
            self.session.unsent()
            return None
        return self.session.handed_over(self.clock.now_us())

    def _deliver(self, by, reason, cut, began, sent=None):
        self.session.count({"edge": "by_edge", "device": "by_device", "none": "unanswered"}[by])
        outputs = self.engine.live(self.session.operators) if by == "device" else ()
        total_us = self.clock.now_us() - began
        return Answer(self.session.sequence, cut, by, reason, sent, outputs, total_us)

    def _obey(self, command, argument):
        if command == PROFILE:
            self.session.profile = True
        elif (
            command not in (IDENTIFY, RESTART)
            or not self._commanded
            or not self._commanded(command, argument)
        ):
            self.session.count("unsupported_commands")

    def _state(self, state):
        return json.dumps({"state": state, "boot": self.session.boot}).encode()

    def _about(self):
        about = {
            "firmware": "cutpoint-micropython " + VERSION,
            "chip": sys.platform,
            "model": self.settings.model.hex(),
            "operators": self.engine.operators,
            "engine": type(self.engine).__name__,
            "codecs": ["raw", "bitmap"],
            "max_payload": self.settings.chunk,
            "boot": self.session.boot,
            "partial": True,
        }
        tables = self.session.tables
        if tables and tables.settings:
            about["codecs"].append("lowbit")
            about["tables"] = f"{tables.version:08x}"
        if hasattr(gc, "mem_free"):
            about["free_ram"] = gc.mem_free()
        return json.dumps(about).encode()
