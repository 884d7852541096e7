"""What travels between a device and an edge server: ids, topics, frames. See docs/protocol.md."""

from cutpoint.codec import CodecId, DType
from cutpoint.wire.encoding import DEFAULT_CHUNK_BYTES, encode
from cutpoint.wire.errors import FrameError, Header, MessageError, Reason, TopicError
from cutpoint.wire.ids import DeviceId, IdError, ModelId
from cutpoint.wire.messages import (
    MOST_TENSORS,
    Activation,
    CommandMessage,
    LastAnswered,
    Message,
    Plan,
    Result,
    Telemetry,
    TensorRecord,
    Timings,
)
from cutpoint.wire.numbers import Command, CounterId, Flag, Gauge, Kind, Status
from cutpoint.wire.presence import (
    About,
    Presence,
    PresenceError,
    State,
    about_json,
    parse_about,
    parse_state,
    state_json,
)
from cutpoint.wire.receiver import DEFAULT_CAPACITY, Receiver, decode, read_header
from cutpoint.wire.topics import DEFAULT_ROOT, Leaf, RootError, Topics

__all__ = [
    "DEFAULT_CAPACITY",
    "DEFAULT_CHUNK_BYTES",
    "DEFAULT_ROOT",
    "MOST_TENSORS",
    "About",
    "Activation",
    "CodecId",
    "Command",
    "CommandMessage",
    "CounterId",
    "DType",
    "DeviceId",
    "Flag",
    "FrameError",
    "Gauge",
    "Header",
    "IdError",
    "Kind",
    "LastAnswered",
    "Leaf",
    "Message",
    "MessageError",
    "ModelId",
    "Plan",
    "Presence",
    "PresenceError",
    "Reason",
    "Receiver",
    "Result",
    "RootError",
    "State",
    "Status",
    "Telemetry",
    "TensorRecord",
    "Timings",
    "TopicError",
    "Topics",
    "about_json",
    "decode",
    "encode",
    "parse_about",
    "parse_state",
    "read_header",
    "state_json",
]
