"""What travels between a device and an edge server: ids, topics, frames. See docs/protocol.md."""

from cutpoint.codec import CodecId, DType
from cutpoint.wire.encoding import DEFAULT_CHUNK_BYTES, encode
from cutpoint.wire.errors import FrameError, Header, MessageError, Reason, TopicError
from cutpoint.wire.ids import DeviceId, IdError, ModelId
from cutpoint.wire.key import Key, KeyFileError, add_key, read_keys, write_key_file
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
from cutpoint.wire.sealing import SEAL_BYTES, ExhaustedError, Life, Opener, Role, Sealer, SealError, open_any
from cutpoint.wire.topics import DEFAULT_ROOT, Leaf, RootError, Topics

__all__ = [
    "DEFAULT_CAPACITY",
    "DEFAULT_CHUNK_BYTES",
    "DEFAULT_ROOT",
    "MOST_TENSORS",
    "SEAL_BYTES",
    "About",
    "Activation",
    "CodecId",
    "Command",
    "CommandMessage",
    "CounterId",
    "DType",
    "DeviceId",
    "ExhaustedError",
    "Flag",
    "FrameError",
    "Gauge",
    "Header",
    "IdError",
    "Key",
    "KeyFileError",
    "Kind",
    "LastAnswered",
    "Leaf",
    "Life",
    "Message",
    "MessageError",
    "ModelId",
    "Opener",
    "Plan",
    "Presence",
    "PresenceError",
    "Reason",
    "Receiver",
    "Result",
    "Role",
    "RootError",
    "SealError",
    "Sealer",
    "State",
    "Status",
    "Telemetry",
    "TensorRecord",
    "Timings",
    "TopicError",
    "Topics",
    "about_json",
    "add_key",
    "decode",
    "encode",
    "open_any",
    "parse_about",
    "parse_state",
    "read_header",
    "read_keys",
    "state_json",
    "write_key_file",
]
