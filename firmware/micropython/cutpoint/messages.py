"""Payloads: activations and telemetry on their way out; results, plans and commands as they come in."""

import struct

from cutpoint.frame import (
    ACTIVATION,
    COMMAND,
    PARTIAL,
    PLAN,
    RESULT,
    TELEMETRY,
    TIMINGS,
    FrameError,
    Header,
    chunk_frames,
)
from cutpoint.tensor import BOOL, INT8, ITEM_BYTES, JPEG, LOWBIT, RAW, decoded, encoded, measure

MAX_TENSORS = 16
MAX_OFFERED = 64
MAX_PARAMETERS = 512
MAX_ARGUMENT = 1024
MAX_DEADLINE_MS = 600000

OK, BAD_FRAME, UNKNOWN_MODEL, WRONG_CUT, OVERLOADED, TOO_LATE, FAILED = range(7)
STATUSES = ("ok", "bad frame", "unknown model", "wrong cut", "overloaded", "too late", "failed")
NO_ANSWER, RAW_TENSORS, CLASSES, CENTROIDS, MODELS = range(5)


def activation_frames(
    header, epoch, tensors, buffer, operators_us=(), last=(0, 0, 0, 0, 0), encode_us=None, setting=0
):
    """The frames of an activation, in `buffer` one after another.

    `header` holds model, boot, sequence, cut, codec and flags. With the flag TIMINGS the timing block follows:
    `operators_us` of the operators that ran, `last` as (sequence, round trip us, edge us, bytes up, bytes down) of the
    last answered inference, and what `encode_us()` returns once the tensors are through. `setting`: of the codec
    tables, exactly when the header's codec needs them.
    """
    if len(tensors) > MAX_TENSORS or (header.codec >= LOWBIT) != (setting > 0):
        raise FrameError("argument")
    timed = header.flags & TIMINGS
    sizes = [measure(tensor, header.codec) for tensor in tensors]
    total = 8 + sum(12 + size for _, size in sizes) + (24 + 4 * len(operators_us) if timed else 0)

    def pieces():
        yield struct.pack("<BBHI", len(tensors), setting, len(operators_us) if timed else 0, epoch)
        for tensor, (codec, size) in zip(tensors, sizes):
            yield struct.pack("<HBBII", tensor.index, tensor.dtype, codec, len(tensor.data), size)
            yield from encoded(tensor, codec)
        if timed:
            yield struct.pack("<I", encode_us() if encode_us else 0)
            for us in operators_us:
                yield struct.pack("<I", us)
            yield struct.pack("<5I", *last)

    header.kind = ACTIVATION
    return chunk_frames(header, total, pieces(), buffer)


def telemetry_frames(model, boot, gauges, counters, buffer):
    """Telemetry: `gauges` as {bit: value} with signed ones as they are, `counters` as (number, value) pairs."""
    mask = 0
    for bit in gauges:
        mask |= 1 << bit
    payload = struct.pack("<I", mask)
    for bit in sorted(gauges):
        payload += struct.pack("<I", gauges[bit] & 0xFFFFFFFF)
    payload += struct.pack("<H", len(counters))
    for number, value in counters:
        payload += struct.pack("<HI", number, value)
    return chunk_frames(Header(TELEMETRY, model, boot), len(payload), (payload,), buffer)


class Reader:
    """Takes fields off a payload from the front; raises FrameError "truncated" where it ends too early."""

    def __init__(self, payload):
        self._payload = payload
        self._at = 0

    def take(self, size):
        """The next `size` bytes."""
        if len(self._payload) - self._at < size:
            raise FrameError("truncated")
        self._at += size
        return self._payload[self._at - size : self._at]

    def unpack(self, form):
        """The next fields by a struct format."""
        return struct.unpack(form, bytes(self.take(struct.calcsize(form))))

    def finish(self):
        """Nothing may follow."""
        if self._at != len(self._payload):
            raise FrameError("trailing")


def _kind(header, kind):
    if header.kind != kind:
        raise FrameError("kind")


def _finite(bits):
    if bits >> 23 & 0xFF == 0xFF:
        raise FrameError("number")
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def _raw_tensor(reader, codec_of_message):
    index, dtype, codec, raw, coded = reader.unpack("<HBBII")
    if not INT8 <= dtype <= BOOL:
        raise FrameError("dtype")
    if codec_of_message >= JPEG or codec not in (RAW, codec_of_message):
        raise FrameError("codec")
    item = ITEM_BYTES[dtype]
    least = item + (raw // item + 7) // 8
    if raw % item or (coded != raw if codec == RAW else not least <= coded <= least + raw):
        raise FrameError("tensor")
    data = decoded(codec, dtype, reader.take(coded), raw)
    if data is None:
        raise FrameError("coded")
    return index, dtype, data


def read_result(header, payload):
    """(status, edge residence us, kind of answer, records).

    Records: (index, dtype, bytes) of raw tensors, (label, score) of classes, (label, x, y, width, height, score) of
    centroids, in pixels of the network's input; with UNKNOWN_MODEL alone, the ids (4 bytes each) of MODELS on offer.
    """
    _kind(header, RESULT)
    reader = Reader(payload)
    status, answer, count, edge_us = reader.unpack("<BBHI")
    if status > FAILED or answer > MODELS:
        raise FrameError("number")
    if answer and status != (UNKNOWN_MODEL if answer == MODELS else OK):
        raise FrameError("count")
    if count > {NO_ANSWER: 0, RAW_TENSORS: MAX_TENSORS, MODELS: MAX_OFFERED}.get(answer, count):
        raise FrameError("count")
    if header.flags & PARTIAL and (status != OK or not answer):
        raise FrameError("flags")
    records = []
    if answer == RAW_TENSORS:
        for _ in range(count):
            records.append(_raw_tensor(reader, header.codec))
    elif answer == CLASSES:
        block = Reader(reader.take(8 * count))
        for _ in range(count):
            label, reserved, score = block.unpack("<HHI")
            _reserved(reserved)
            records.append((label, _finite(score)))
    elif answer == CENTROIDS:
        block = Reader(reader.take(16 * count))
        for _ in range(count):
            label, x, y, width, height, reserved, score = block.unpack("<6HI")
            _reserved(reserved)
            records.append((label, x, y, width, height, _finite(score)))
    elif answer == MODELS:
        block = bytes(reader.take(4 * count))
        records = [block[at : at + 4] for at in range(0, 4 * count, 4)]
    reader.finish()
    return status, edge_us, answer, records


def _reserved(value):
    if value:
        raise FrameError("reserved")


def read_plan(header, payload):
    """(epoch, deadline ms, codec parameters); cut, codec and flags are the header's."""
    _kind(header, PLAN)
    if header.boot or header.sequence:
        raise FrameError("reserved")
    reader = Reader(payload)
    epoch, deadline_ms, size = reader.unpack("<IIH")
    if not epoch or not 1 <= deadline_ms <= MAX_DEADLINE_MS:
        raise FrameError("number")
    if size > MAX_PARAMETERS:
        raise FrameError("count")
    parameters = bytes(reader.take(size))
    reader.finish()
    return epoch, deadline_ms, parameters


def read_command(header, payload):
    """(command, argument)."""
    _kind(header, COMMAND)
    reader = Reader(payload)
    command, size = reader.unpack("<HH")
    if size > MAX_ARGUMENT:
        raise FrameError("count")
    argument = bytes(reader.take(size))
    reader.finish()
    return command, argument
