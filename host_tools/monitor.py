"""Turns what passes on the bus into sentences, or into plain objects: one for each message or bad frame."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cutpoint.answer import Answer, Centroids, Classes
from cutpoint.codec import label_of
from cutpoint.errors import PeerError
from cutpoint.wire import (
    About,
    Activation,
    Command,
    CommandMessage,
    DeviceId,
    Flag,
    FrameError,
    Gauge,
    Key,
    Leaf,
    Message,
    ModelId,
    Note,
    Plan,
    Receiver,
    Result,
    Telemetry,
    TensorRecord,
    Topics,
    UpdateAbort,
    UpdateBegin,
    UpdateData,
    UpdateEnd,
    UpdateNote,
    decode_update,
    open_any,
    parse_about,
    parse_note,
    parse_state,
    read_header,
    setting_of,
)

_NO_NAMES: Mapping[ModelId, str] = {}
MOST_STREAMS = 4096
"""Devices and kinds of frame whose unfinished messages are remembered; the one unheard for longest is forgotten."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One message: who said it on which leaf, a sentence for people, and what was decoded (None: a bad frame)."""

    device: str
    leaf: str
    sentence: str
    bad: bool = False
    message: object = field(default=None, repr=False)


class Listener:
    """Decodes the traffic under one root. Payloads in, sentences out; never raises on what a peer sent."""

    def __init__(
        self,
        topics: Topics,
        keys: Mapping[DeviceId, Key] | None = None,
        names: Mapping[ModelId, str] = _NO_NAMES,
    ) -> None:
        """With the `keys` of devices their sealed frames are read; without, only their headers can be.

        `names` of models are said beside their ids.
        """
        self._names = names
        self._topics = topics
        self._keys = keys or {}
        self._receivers: OrderedDict[tuple[str, str], Receiver] = OrderedDict()

    def hear(self, topic: str, payload: bytes) -> Iterator[Heard]:
        """What a payload says; nothing while chunks are missing or where a retained message was cleared."""
        try:
            device, leaf = self._topics.parse(topic)
        except PeerError as error:
            yield Heard("?", "?", str(error), bad=True)
            return
        if not payload:
            return
        try:
            said = self._read(device, leaf, payload)
        except FrameError as error:
            yield Heard(device, leaf, f"bad frame of {len(payload)} B: {error}", bad=True)
            return
        except PeerError as error:
            yield Heard(device, leaf, str(error), bad=True)
            return
        if said is not None:
            yield said

    def _read(self, device: DeviceId, leaf: Leaf, payload: bytes) -> Heard | None:
        if leaf is Leaf.STATE:
            state = parse_state(payload)
            return Heard(device, leaf, f"{state.state}, boot {state.boot}", message=state.model_dump())
        if leaf is Leaf.ABOUT:
            about = parse_about(payload)
            return Heard(device, leaf, about_words(about), message=about.model_dump())
        if leaf is Leaf.NOTE:
            note = parse_note(payload)
            return Heard(device, leaf, note_words(note), message=note.model_dump())
        if is_sealed(payload):
            key = self._keys.get(device)
            if key is None:
                return _sealed(device, leaf, payload)
            payload = open_any(key, payload)
        message = self._receiver(device, leaf).push(payload)
        return (
            None
            if message is None
            else Heard(device, leaf, sentence(message, self._names), message=summary(message))
        )

    def _receiver(self, device: DeviceId, leaf: Leaf) -> Receiver:
        key = (str(device), str(leaf))
        receiver = self._receivers.pop(key, None) or Receiver()
        self._receivers[key] = receiver
        if len(self._receivers) > MOST_STREAMS:
            self._receivers.popitem(last=False)
        return receiver


def is_sealed(payload: bytes) -> bool:
    """Does a frame say that it is sealed?"""
    try:
        return bool(read_header(payload).flags & Flag.ENCRYPTED)
    except FrameError:
        return False


def _sealed(device: DeviceId, leaf: Leaf, payload: bytes) -> Heard:
    """What everyone can see of a sealed frame."""
    header = read_header(payload)
    kind = getattr(header.kind, "name", str(header.kind)).lower()
    seen = {
        "kind": kind,
        "sealed": True,
        "model": bytes(header.model),
        "boot": header.boot,
        "sequence": header.sequence,
        "cut": header.cut,
        "chunk": header.chunk_index,
        "chunks": header.chunk_count,
        "bytes": len(payload),
    }
    part = f", chunk {header.chunk_index + 1} of {header.chunk_count}" if header.chunk_count > 1 else ""
    return Heard(
        device,
        leaf,
        f"#{header.sequence} cut {header.cut}, sealed {kind} of {len(payload):,} B{part}; --keys opens it",
        message=seen,
    )


def sentence(message: Message, names: Mapping[ModelId, str] = _NO_NAMES) -> str:
    """What a message says, in one line; models by their `names` where those are known."""
    match message:
        case Activation():
            return _activation(message)
        case Result():
            answer = "" if message.answer is None else f": {answer_words(message.answer)}"
            if message.offered is not None:
                answer = f": the edge offers {offer_words(message.offered, names)}"
            status = _word(message.status.name)
            part = ", of the chunks that came" if message.partial else ""
            return f"#{message.sequence} {status}{part}, {message.edge_us / 1000:.2f} ms in the edge{answer}"
        case Plan():
            marks = "".join(f", {_word(flag.name or '')}" for flag in message.flags)
            return (
                f"epoch {message.epoch}: cut {message.cut}, {_coding(message)}, "
                f"deadline {message.deadline_ms} ms{marks}"
            )
        case Telemetry():
            gauges = ", ".join(gauge_words(gauge, value) for gauge, value in message.gauges.items())
            counters = ", ".join(
                f"{_counter(number)} {value}" for number, value in message.counters.items() if value
            )
            return "; ".join(part for part in (gauges, counters) if part) or "nothing to report"
        case CommandMessage():
            name = getattr(message.command, "name", str(message.command))
            if message.command in (Command.NEW_MODEL, Command.NEW_FIRMWARE):
                return f"#{message.sequence} {_word(name)}: {step_words(message.argument)}"
            return f"#{message.sequence} {_word(name)}, {len(message.argument)} B of argument"


def summary(message: Message) -> dict[str, object]:
    """A message as plain values for JSON; tensors by index and size, not by content."""
    match message:
        case Activation():
            return {
                "kind": "activation",
                "model": bytes(message.model),
                "boot": message.boot,
                "sequence": message.sequence,
                "cut": message.cut,
                "codec": message.codec,
                "setting": message.setting,
                "flags": [flag.name for flag in message.flags],
                "plan_epoch": message.plan_epoch,
                "tensors": [
                    {
                        "index": tensor.index,
                        "dtype": tensor.dtype,
                        "bytes": _raw_bytes(tensor),
                        "coded_bytes": tensor.coded_bytes,
                        "codec": tensor.codec,
                    }
                    for tensor in message.tensors
                ],
                "timings": message.timings,
            }
        case Telemetry():
            return {
                "kind": "telemetry",
                "model": bytes(message.model),
                "boot": message.boot,
                "gauges": message.gauges,
                "counters": {_counter(number): value for number, value in message.counters.items()},
            }
        case Plan():
            return {
                "kind": "plan",
                "model": bytes(message.model),
                "epoch": message.epoch,
                "cut": message.cut,
                "codec": message.codec,
                "setting": _planned(message),
                "flags": [flag.name for flag in message.flags],
                "deadline_ms": message.deadline_ms,
            }
        case Result():
            return {
                "kind": "result",
                "model": bytes(message.model),
                "boot": message.boot,
                "sequence": message.sequence,
                "cut": message.cut,
                "status": message.status,
                "edge_us": message.edge_us,
                "answer": message.answer,
                "partial": message.partial,
                "offered": None if message.offered is None else [model.hex for model in message.offered],
            }
        case CommandMessage():
            return {
                "kind": "command",
                "model": bytes(message.model),
                "sequence": message.sequence,
                "command": message.command,
                "argument": message.argument,
            }


def about_words(about: About) -> str:
    """What a device is, in one line; what it does not say is left out."""
    words = (
        about.chip,
        about.engine,
        f"model {about.model}",
        f"{about.operators} operators on board",
        about.cuts and f"cuts {about.cuts}",
        about.firmware and f"firmware {about.firmware}",
        about.app and f"application {about.app}",
        about.reset and f"started after {about.reset}",
        "in safe mode" if about.safe_mode else None,
    )
    return ", ".join(word for word in words if word)


def note_words(note: Note) -> str:
    """What a device has to say, in one line."""
    if isinstance(note, UpdateNote):
        where = f", {note.offset:,} of {note.size:,} B" if note.size else ""
        return f"{note.kind} update {note.state}{where}" + (f": {note.text}" if note.text else "")
    more = ", ".join(f"{name} {value!r:.64}" for name, value in note.more.items())
    return ": ".join([note.note, *([note.text] if note.text else [])]) + (f" ({more})" if more else "")


def step_words(argument: bytes) -> str:
    """One step of an update, in a few words; why it is none, where it is none."""
    try:
        step = decode_update(argument)
    except FrameError as error:
        return f"no step: {error}"
    match step:
        case UpdateBegin(size, sha256):
            return f"begin, {size:,} B with SHA-256 {sha256.hex()[:16]}..."
        case UpdateData(offset, data):
            return f"{len(data):,} B at {offset:,}"
        case UpdateEnd():
            return "end"
        case UpdateAbort():
            return "abort"


def answer_words(answer: Answer, labels: tuple[str, ...] = ()) -> str:
    """An answer in a few words; labels by number where no names are given."""

    def name(label: int) -> str:
        return labels[label] if label < len(labels) else str(label)

    if isinstance(answer, Centroids):
        found = [f"{name(c.label)} at {c.x},{c.y} ({c.score:.2f})" for c in answer.items]
        return " ".join(found) or "nothing found"
    if isinstance(answer, Classes):
        return " ".join(f"{name(c.label)} ({c.score:.2f})" for c in answer.items) or "no class"
    return f"{len(answer.tensors)} raw tensors"


def offer_words(offered: Iterable[ModelId], names: Mapping[ModelId, str] = _NO_NAMES) -> str:
    """Models on offer in a few words: "fomo (1a2b3c4d), 5e6f7a8b"; the id alone where there is no name."""
    words = [f"{names[model]} ({model})" if model in names else str(model) for model in offered]
    return ", ".join(words) or "no model"


def gauge_words(gauge: Gauge, value: int) -> str:
    """A gauge with its unit."""
    units = {
        Gauge.CPU_CLOCK_MHZ: f"{value} MHz",
        Gauge.CHIP_TEMPERATURE_CENTI_C: f"{value / 100:.1f} degrees C",
        Gauge.RSSI_DBM: f"{value} dBm",
        Gauge.ENERGY_MEASURED_UJ: f"{value / 1000:.1f} mJ",
        Gauge.ENERGY_MODELLED_UJ: f"{value / 1000:.1f} mJ",
    }
    name = _word(gauge.name.rsplit("_", 2 if gauge is Gauge.CHIP_TEMPERATURE_CENTI_C else 1)[0])
    return f"{name} {units.get(gauge, f'{value:,} B')}"


def _raw_bytes(tensor: TensorRecord) -> int:
    return len(tensor.data) if tensor.raw_bytes is None else tensor.raw_bytes


def _planned(plan: Plan) -> int:
    """The setting that a plan asks for; 0 for a codec without."""
    named = setting_of(plan.parameters) if plan.codec.calibrated else None
    return 0 if named is None else named[0]


def _coding(message: Activation | Plan) -> str:
    """Codec and setting, as the server shows them: `rans:12`."""
    return label_of(message.codec, message.setting if isinstance(message, Activation) else _planned(message))


def _activation(message: Activation) -> str:
    raw = sum(_raw_bytes(tensor) for tensor in message.tensors)
    coded = sum(tensor.coded_bytes or 0 for tensor in message.tensors)
    parts = [
        f"#{message.sequence} cut {message.cut}, {len(message.tensors)} tensors, {raw:,} B raw",
        f"{coded:,} B as {_coding(message)}",
    ]
    if message.timings is not None:
        operators = message.timings.operators_us
        parts.append(f"{sum(operators) / 1000:.1f} ms in {len(operators)} operators")
        if (last := message.timings.last) is not None:
            parts.append(f"#{last.sequence} took {last.round_trip_us / 1000:.1f} ms there and back")
    parts += [_word(flag.name or "") for flag in message.flags if flag is not Flag.TIMINGS]
    return ", ".join(parts)


def _counter(number: int) -> str:
    name = getattr(number, "name", None)
    return _word(name) if isinstance(name, str) else f"counter {number}"


def _word(name: str) -> str:
    return name.lower().replace("_", " ")
