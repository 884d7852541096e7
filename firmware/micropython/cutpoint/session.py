"""The protocol's behaviour without network, engine or clock: told what happens, says what to do."""

import struct

from cutpoint.frame import (
    ANSWERED,
    EXPLORATION,
    HEDGED,
    PARTIAL,
    PROBE,
    TIMINGS,
    FrameError,
    Header,
    newer,
)
from cutpoint.isolation import Isolation
from cutpoint.messages import (
    NO_ANSWER,
    OK,
    STATUSES,
    UNKNOWN_MODEL,
    activation_frames,
    read_command,
    read_plan,
    read_result,
    telemetry_frames,
)
from cutpoint.receiver import Receiver
from cutpoint.tensor import LOWBIT, RAW

COUNTERS = (
    "inferences", "by_edge", "by_device", "unanswered", "deadlines_missed", "late_results", "duplicate_results",
    "bad_frames", "stale_plans", "refused_by_edge", "probes", "unsupported_commands",
)  # fmt: skip
_REMEMBERED = 8  # activations that an answer may still come to


class Plan:
    """What the edge asked for last; epoch 0 before the first."""

    def __init__(self, cut, deadline_ms, codec=0, flags=TIMINGS, epoch=0, setting=0):
        self.epoch = epoch
        self.cut = cut
        self.codec = codec
        self.setting = setting  # of the codec tables; 0 for a codec without
        self.flags = flags
        self.deadline_ms = deadline_ms


class Sent:
    """An activation on its way. `state`: sending, open, missed, lost, answered or refused."""

    def __init__(self, sequence, cut, reported, deadline_ms, now):
        self.sequence = sequence
        self.cut = cut
        self.reported = reported  # the device had answered: an acknowledgement is expected
        self.deadline_ms = deadline_ms
        self.began = now
        self.deadline = 0
        self.bytes_up = 0
        self.state = "sending"
        self.answer = None
        self.partial = False
        self.refusal = None
        self.edge_us = 0
        self.round_trip_us = None


class Session:
    """One inference at a time. `operators` is N of the whole network, `on_board` the K <= N that the engine has.

    `tables`: the codec tables (lowbit.Tables) of a network that was calibrated.
    """

    def __init__(
        self,
        model,
        boot,
        operators,
        on_board=0,
        cut=0,
        deadline_ms=1000,
        chunk_bytes=4096,
        codec=0,
        tables=None,
    ):
        if not 0 <= cut <= on_board <= operators or operators < 1 or chunk_bytes < 192 or len(model) != 4:
            raise ValueError(
                "a session needs 0 <= cut <= on_board <= operators, chunks of 192 bytes, a model id"
            )
        self.model = model
        self.boot = boot
        self.operators = operators
        self.on_board = on_board
        self.plan = Plan(cut, deadline_ms, codec)
        self.tables = tables
        self.counters = [0] * len(COUNTERS)
        self.connected = False
        self.profile = False
        self.isolation = Isolation()
        self.offered = ()  # ids of models that the edge has instead of one that it does not know
        self._sequence = 0
        self._followed = self.plan
        self._sent = []
        self._command = 0
        self._last = (0, 0, 0, 0, 0)
        self._buffer = bytearray(chunk_bytes)
        self._incoming = {}

    @property
    def sequence(self):
        """Of the picture taken last."""
        return self._sequence

    @property
    def hedged(self):
        """Whether the device goes on computing while it waits for this picture's answer."""
        return bool(self._followed.flags & HEDGED) and self.can_finish

    @property
    def can_finish(self):
        """Whether the whole network is on board."""
        return self.on_board == self.operators

    def count(self, name):
        """One more of `name`, see COUNTERS."""
        self.counters[COUNTERS.index(name)] += 1

    def connect(self, now):
        """The broker took the connection."""
        self.connected = True
        self.isolation.reconnected(now)

    def disconnect(self):
        """What was asked will not be answered."""
        self.connected = False
        for sent in self._sent:
            if sent.state in ("sending", "open"):
                sent.state = "lost"

    def way(self, now):
        """(operators to run first, reason to answer alone or None to ask the edge) of the next picture."""
        self._sequence = self._sequence % 0xFFFFFFFF + 1
        self.count("inferences")
        self._followed = self.plan  # until this picture is done, whatever arrives meanwhile
        trial = not self.can_finish and self.isolation.probe_due(now)
        reason = None
        if not self.connected:
            reason = "offline"
        elif self.isolation.isolated:
            reason = None if trial else "isolated"
        elif self.profile and self.can_finish:
            reason = "profiled"
        elif self.plan.cut == self.operators:
            reason = "planned"
        if reason:
            return self.on_board, reason
        return (self.on_board if self.profile else self.plan.cut), None

    def frames(self, cut, tensors, operators_us, now, report=False, encode_us=None, codec=None):
        """The frames to publish for this picture, in order; with `report` the outputs that the device answered with.

        `codec` instead of the plan's.
        Nothing for a report that the edge is not to be bothered with. Call `handed_over` after the last.
        """
        isolated = self.isolation.isolated
        waiting = sum(sent.state in ("sending", "open") for sent in self._sent)
        if report and (
            not self.connected or (isolated and not self.isolation.probe_due(now)) or waiting >= _REMEMBERED
        ):
            return
        plan = self._followed
        flags = plan.flags & TIMINGS
        if self.profile:
            flags |= TIMINGS
        if report:
            flags |= ANSWERED | (PROBE if isolated else 0)
        elif self.can_finish:
            flags |= plan.flags & HEDGED
        if cut == plan.cut:
            flags |= plan.flags & EXPLORATION
        sent = Sent(self._sequence, cut, report, plan.deadline_ms, now)
        self._sent = self._sent[1 - _REMEMBERED :] + [sent]
        if isolated:
            self.count("probes")
            self.isolation.probe_sent(now)
        self.profile = False
        codec, setting = codec or plan.codec, 0
        if codec >= LOWBIT:
            if cut == plan.cut:
                setting = plan.setting
                tensors = self.tables.made(setting, tensors)
            else:
                codec = RAW  # a setting is for its cut alone
        header = Header(0, self.model, self.boot, self._sequence, cut, codec, flags)
        times = operators_us[:cut] if flags & TIMINGS else ()
        for frame in activation_frames(
            header, plan.epoch, tensors, self._buffer, times, self._last, encode_us, setting
        ):
            sent.bytes_up += len(frame)
            yield frame

    def unsent(self):
        """The network did not take a frame."""
        if self._sent and self._sent[-1].state == "sending":
            self._sent[-1].state = "lost"

    def handed_over(self, now):
        """The last chunk is with the network: the deadline runs. Returns the `Sent` to wait for, if any."""
        sent = self._sent[-1] if self._sent else None
        if sent is None or sent.sequence != self._sequence or sent.state != "sending":
            return None
        sent.state = "open"
        sent.deadline = now + sent.deadline_ms * 1000
        return sent

    def tick(self, now):
        """Let deadlines pass. Several in one look count once towards isolation."""
        missed = False
        for sent in self._sent:
            if sent.state == "open" and sent.deadline <= now:
                sent.state = "missed"
                missed = True
                self.count("deadlines_missed")
        if missed:
            self.isolation.missed(now)

    def receive(self, leaf, frame, now):
        """What came on `res`, `plan` or `cmd`; returns (command, argument) to obey, or None. Never raises for bytes."""
        try:
            return self._receive(leaf, frame, now)
        except FrameError as error:
            if error.reason == "duplicate":
                self.count("duplicate_results")
            elif error.reason == "stale":
                self.count("late_results")
            else:
                self.count("bad_frames")
            return None

    def _receive(self, leaf, frame, now):
        if leaf not in self._incoming:
            self._incoming[leaf] = Receiver(4 + 1024 if leaf == "cmd" else 16384 if leaf == "res" else 522)
        message = self._incoming[leaf].push(frame)
        if message is None:
            return None
        header, payload = message
        if leaf == "res":
            return self._result(header, payload, now)
        if leaf == "plan":
            return self._plan(header, payload)
        command = read_command(header, payload)
        if header.model != self.model or header.boot not in (0, self.boot):
            return None
        if header.sequence and header.sequence == self._command:
            return None
        self._command = header.sequence
        return command

    def _plan(self, header, payload):
        epoch, deadline_ms, parameters = read_plan(header, payload)
        if header.model != self.model or (self.plan.epoch and not newer(epoch, self.plan.epoch)):
            self.count("stale_plans")
        elif header.cut > self.on_board:
            self.count("bad_frames")
        else:
            kept = header.flags & (HEDGED | TIMINGS | EXPLORATION)
            codec, setting = header.codec, 0
            if codec >= LOWBIT:
                setting = self._setting(codec, header.cut, parameters)
                if not setting:
                    codec, kept = RAW, kept & ~EXPLORATION  # another codec teaches something else
            self.plan = Plan(header.cut, deadline_ms, codec, kept, epoch, setting)

    def _setting(self, codec, cut, parameters):
        """The setting that a plan's parameters name; 0 when the tables here do not have it for this cut and codec."""
        if codec != LOWBIT or self.tables is None or len(parameters) != 5:
            return 0
        setting, version = struct.unpack("<BI", parameters)
        fits = version == self.tables.version and self.tables.settings.get(setting) == cut
        return setting if fits else 0

    def _result(self, header, payload, now):
        status, edge_us, kind, records = read_result(header, payload)
        if header.model != self.model:
            raise FrameError("argument")
        if not header.sequence:
            if status == OK:
                raise FrameError("number")
            self.count("refused_by_edge")
            return
        sent = None
        for one in self._sent:
            if one.sequence == header.sequence:
                sent = one
        if header.boot != self.boot or (sent is None and not newer(header.sequence, self._sequence)):
            self.count("late_results")
            return
        if sent is None:
            raise FrameError("number")
        if sent.state in ("answered", "refused"):
            self.count("duplicate_results")
            return
        if status != OK:
            if sent.state in ("sending", "open"):
                self.isolation.refused()
            sent.state = "refused"
            sent.refusal = STATUSES[status]
            self.count("refused_by_edge")
            if status == UNKNOWN_MODEL:
                self.offered = tuple(records)
                self.isolation.isolate(now)
            return
        if sent.state == "sending" or header.cut != sent.cut or (kind == NO_ANSWER and not sent.reported):
            raise FrameError("argument")
        if sent.state == "open":
            self.isolation.answered()
        else:
            self.count("late_results")
        sent.state = "answered"
        sent.answer = (kind, records)
        sent.partial = bool(header.flags & PARTIAL)
        sent.edge_us = edge_us
        round_trip = now - sent.began
        if edge_us <= round_trip <= 0xFFFFFFFF:
            sent.round_trip_us = round_trip
            down = len(payload) + header.count * 32
            self._last = (sent.sequence, round_trip, edge_us, sent.bytes_up, down)

    def telemetry(self, gauges):
        """The frames of a telemetry message with the session's counters."""
        counters = [(number + 1, value & 0xFFFFFFFF) for number, value in enumerate(self.counters)]
        return telemetry_frames(self.model, self.boot, gauges, counters, self._buffer)
