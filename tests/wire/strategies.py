"""Hypothesis strategies for every message that the wire can carry."""

from __future__ import annotations

from hypothesis import strategies as st

from cutpoint.answer import Centroid, Centroids, Class, Classes, Raw, RawTensor
from cutpoint.wire import (
    Activation,
    CodecId,
    Command,
    CommandMessage,
    DType,
    Flag,
    Gauge,
    LastAnswered,
    ModelId,
    Plan,
    Result,
    Status,
    Telemetry,
    TensorRecord,
    Timings,
    UpdateAbort,
    UpdateBegin,
    UpdateData,
    UpdateEnd,
)

u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFF_FFFF)
from_one = st.integers(1, 0xFFFF_FFFF)
models = st.binary(min_size=4, max_size=4).map(ModelId)
scores = st.floats(width=32, allow_nan=False, allow_infinity=False)
SIGNED = {Gauge.CHIP_TEMPERATURE_CENTI_C, Gauge.RSSI_DBM}


@st.composite
def tensor_records(draw: st.DrawFn) -> TensorRecord:
    """Few distinct elements, so that the bitmap codec has something to gain now and then."""
    dtype = draw(st.sampled_from(DType))
    item = dtype.item_bytes
    elements = (
        st.sampled_from([b"\0", b"\1"]) if dtype is DType.BOOL else st.binary(min_size=item, max_size=item)
    )
    palette = draw(st.lists(elements, min_size=1, max_size=3))
    items = draw(st.lists(st.sampled_from(palette), max_size=60))
    fill = int.from_bytes(palette[0], "little")
    return TensorRecord(draw(u16), dtype, b"".join(items), fill=fill)


last_answered = st.builds(LastAnswered, from_one, u32, u32, u32, u32)


@st.composite
def coded_records(draw: st.DrawFn, codec: CodecId) -> TensorRecord:
    """As a receiver has them: what it unfolds to is not for the wire to say."""
    data = draw(st.binary(min_size=2, max_size=60))
    raw_bytes = draw(st.integers(len(data) + 1, 1000))
    dtype = draw(st.sampled_from((DType.INT8, DType.UINT8)))
    return TensorRecord(draw(u16), dtype, data, codec=codec, raw_bytes=raw_bytes)


@st.composite
def activations(draw: st.DrawFn) -> Activation:
    operators = tuple(draw(st.lists(u32, max_size=20)))
    timed = draw(st.booleans())
    cut = draw(st.integers(0, len(operators))) if timed else draw(u16)
    flags = Flag(draw(st.sampled_from([0, 0x02, 0x08, 0x18, 0x20, 0x3A])) | (Flag.TIMINGS if timed else 0))
    codec = draw(st.sampled_from(CodecId))
    records = tensor_records() | coded_records(codec) if codec.opaque else tensor_records()
    timings = Timings(draw(u32), operators, draw(st.none() | last_answered)) if timed else None
    return Activation(
        draw(models),
        draw(u32),
        draw(from_one),
        cut,
        codec,
        flags,
        draw(u32),
        tuple(draw(st.lists(records, max_size=4))),
        timings,
        draw(st.integers(1, 255)) if codec.calibrated else 0,
    )


@st.composite
def raw_answers(draw: st.DrawFn) -> Raw:
    tensors = draw(st.lists(tensor_records(), max_size=3))
    return Raw(tuple(RawTensor(one.index, one.dtype.numpy.name, bytes(one.data)) for one in tensors))


centroids = st.builds(Centroid, u16, scores, u16, u16, u16, u16)
answers = (
    st.none()
    | raw_answers()
    | st.lists(st.builds(Class, u16, scores), max_size=10).map(lambda items: Classes(tuple(items)))
    | st.lists(centroids, max_size=10).map(lambda items: Centroids(tuple(items)))
)


@st.composite
def results(draw: st.DrawFn) -> Result:
    status = draw(st.sampled_from(Status))
    answer = draw(answers) if status is Status.OK else None
    unknown = status is Status.UNKNOWN_MODEL
    offered = draw(st.none() | st.lists(models, max_size=64).map(tuple)) if unknown else None
    partial = answer is not None and draw(st.booleans())
    return Result(draw(models), draw(u32), draw(u32), draw(u16), status, draw(u32), answer, offered, partial)


plans = st.builds(
    Plan,
    models,
    from_one,
    u16,
    st.sampled_from(CodecId),
    st.sampled_from([Flag(bits) for bits in (0, 0x02, 0x04, 0x20, 0x26)]),
    st.integers(1, 600_000),
    st.binary(max_size=512),
)


@st.composite
def telemetry(draw: st.DrawFn) -> Telemetry:
    present = draw(st.sets(st.sampled_from(Gauge)))
    gauges = {
        gauge: draw(st.integers(-(2**31), 2**31 - 1) if gauge in SIGNED else u32) for gauge in sorted(present)
    }
    return Telemetry(draw(models), draw(u32), gauges, draw(st.dictionaries(u16, u32, max_size=64)))


commands = st.builds(
    CommandMessage, models, u32, u32, st.sampled_from(Command) | u16, st.binary(max_size=1024)
)
updates = (
    st.builds(UpdateBegin, from_one, st.binary(min_size=32, max_size=32))
    | st.builds(UpdateData, st.integers(0, 0xFFFF_FFFF - 1016), st.binary(min_size=1, max_size=1016))
    | st.builds(UpdateEnd)
    | st.builds(UpdateAbort)
)
messages = activations() | results() | plans | telemetry() | commands
