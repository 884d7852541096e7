"""firmware/core and firmware/device for Python, compiled from firmware/bindings."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
from typing_extensions import Buffer

# --- Codecs (firmware/core/codec). dtype and codec by their numbers on the wire.

def encode_tensor(codec: int, dtype: int, data: Buffer, fill: int = 0) -> tuple[int, bytes]: ...
def measure_tensor(codec: int, dtype: int, data: Buffer, fill: int = 0) -> tuple[int, int]: ...
def decode_tensor(codec: int, dtype: int, coded: Buffer, raw_bytes: int) -> bytes | int: ...
def crc32(data: Buffer, crc: int = 0) -> int: ...

class CodecTables:
    @property
    def version(self) -> int: ...
    @property
    def count(self) -> int: ...
    def setting(self, number: int, /) -> tuple[int, int, int]:
        """(cut, codec, tensors). ValueError, as from the others, for a setting that is not here."""

    def tensor(self, number: int, place: int, /) -> tuple[tuple[int, int, int], int, int, int]:
        """(shape, dtype, levels, zero level)."""

    def encode(self, number: int, place: int, data: Buffer, /) -> tuple[int, bytes]: ...
    def decode(self, number: int, place: int, coded: Buffer, /) -> bytes | int: ...
    def decode_batch(self, number: int, place: int, coded: list[bytes], /) -> bytes | tuple[int, int]:
        """One after another; or (which, status) of the first that is refused."""

    def decode_partial(
        self, number: int, place: int, coded: Buffer, came: list[tuple[int, int]], /
    ) -> tuple[bytes, int] | int:
        """The elements, and how many of them were there."""

    def levels(self, number: int, place: int, data: Buffer, /) -> bytes: ...
    def encode_change(
        self, number: int, place: int, data: Buffer, reference: Buffer | None, age: int
    ) -> tuple[int, bytes, bytes]:
        """(codec, coded bytes, levels of this frame)."""

    def decode_change(
        self, number: int, place: int, coded: Buffer, reference: Buffer | None
    ) -> tuple[bytes, bytes] | int:
        """(elements, levels)."""

def open_codec_tables(data: Buffer, model_id: Buffer, /) -> CodecTables | int: ...

# --- Frames (firmware/core/frame). Numbers are those of the wire; cutpoint.wire gives them names. What is refused comes
# back as the core's Status (int).

class Receiver:
    def __init__(self, capacity: int) -> None: ...
    def push(self, frame: Buffer) -> tuple[Any, ...] | int | None:
        """RuntimeError from within a push of the same receiver: a finaliser or another thread got between."""

    def incomplete(self) -> tuple[Any, ...] | None: ...
    def reset(self) -> None: ...
    @property
    def collecting(self) -> bool: ...
    @property
    def counters(self) -> dict[str, int]: ...

def read_header(frame: Buffer) -> tuple[Any, ...] | int: ...
def encode_activation(
    model: bytes,
    boot: int,
    sequence: int,
    cut: int,
    codec: int,
    flags: int,
    plan_epoch: int,
    tensors: tuple[
        tuple[int, int, Buffer, int]
        | tuple[int, int, Buffer, int, Buffer]
        | tuple[int, int, Buffer, int, Buffer, int],
        ...,
    ],
    encode_us: int,
    operators_us: tuple[int, ...],
    last: tuple[int, int, int, int, int] | None,
    chunk_bytes: int,
    setting: int = 0,
    /,
) -> list[bytes]: ...
def encode_result(
    model: bytes,
    boot: int,
    sequence: int,
    cut: int,
    status: int,
    edge_us: int,
    answer: int,
    records: tuple[Any, ...],
    chunk_bytes: int,
    partial: bool,
    /,
) -> list[bytes]: ...
def encode_plan(
    model: bytes,
    epoch: int,
    cut: int,
    codec: int,
    flags: int,
    deadline_ms: int,
    parameters: Buffer,
    chunk_bytes: int,
    /,
) -> list[bytes]: ...
def encode_telemetry(
    model: bytes,
    boot: int,
    gauges: tuple[tuple[int, int], ...],
    counters: tuple[tuple[int, int], ...],
    chunk_bytes: int,
    /,
) -> list[bytes]: ...
def encode_command(
    model: bytes,
    boot: int,
    sequence: int,
    command: int,
    argument: Buffer,
    chunk_bytes: int,
    /,
) -> list[bytes]: ...
def read_update_step(argument: Buffer) -> tuple[int, int, bytes, int, bytes] | int:
    """(op, size, sha256, offset, data) of the argument of a new model or new firmware."""

def encode_update_step(op: int, size: int, sha256: Buffer, offset: int, data: Buffer) -> bytes:
    """ValueError for what is no step."""

# --- Sealed frames (firmware/core/cipher). Roles and statuses by their numbers; cutpoint.wire gives them names.

SEAL_BYTES: int

class Cipher(Protocol):
    """AES-256-GCM with a key of its own."""

    def seal(self, nonce: bytes, aad: bytes, text: bytes, /) -> bytes:
        """The ciphertext, and behind it the tag of 16 bytes."""

    def open(self, nonce: bytes, aad: bytes, sealed: bytes, /) -> bytes | None:
        """The text; None when the tag does not match."""

class FrameSealer:
    def __init__(self, cipher: Cipher, role: int, boot: int, salt: int, sealed: int = 0) -> None: ...
    def seal(self, frame: Buffer) -> bytes | int: ...
    @property
    def sealed(self) -> int: ...

class FrameOpener:
    def __init__(self, cipher: Cipher, own: int) -> None: ...
    def open(self, frame: Buffer) -> bytes | int: ...
    def newest(self, role: int) -> tuple[int, int, int] | None:
        """(boot, salt, counter) of the newest frame of a role that was opened."""

    def resume(self, role: int, boot: int, salt: int, counter: int) -> None:
        """Count everything up to there as opened. ValueError for a role that this end does not open."""

    @property
    def counters(self) -> dict[str, int]: ...

def decrypt_frame(cipher: Cipher, frame: Buffer) -> bytes | int: ...

# --- The device's session (firmware/core/session). One owner: all calls on a session come from one thread at a time.

class Clock:
    def now_us(self) -> int: ...

class MonotonicClock(Clock):
    def __init__(self) -> None: ...

class ManualClock(Clock):
    def __init__(self, now_us: int = 0) -> None: ...
    def advance(self, us: int) -> None: ...
    def set(self, now_us: int) -> None: ...

class SessionConfig:
    def __init__(
        self,
        *,
        model_id: bytes,  # 4 bytes
        boot: int,
        operators: int,  # N, of the whole network
        on_board: int,  # K <= N
        cut: int,  # until the first plan
        codec: int = 0,
        timings: bool = True,  # reported until the first plan says otherwise
        deadline_ms: int = 1000,
        isolate_after: int = 3,
        probe_first_ms: int = 1000,
        probe_max_ms: int = 60000,
        chunk_bytes: int = 4096,  # of a whole frame, header included; at least 192
        about: str = "{}",
        result_capacity: int = 16384,  # bytes of the largest result payload that is accepted
        cuts: Sequence[int] | None = None,  # that there is the memory for; None: all up to on_board
        setting: int = 0,  # of `tables`, for `codec` and `cut`
        tables: bytes | None = None,  # codec tables of this model
        history_bytes: int = 0,  # bytes of tensors that codec delta remembers
        encode_ns: Sequence[int]
        | None = None,  # modelled, for a byte of tensor by codec; None: coding is measured
    ) -> None: ...

class Publish:
    """Hand `payload` to the transport, on the topic that ends in `leaf`."""

    @property
    def leaf(self) -> Literal["state", "about", "act", "tele"]: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def qos(self) -> int: ...
    @property
    def retain(self) -> bool: ...

class Run:
    """Run operators [first, last), then tell the session with ran(). [0, 0) asks for the input tensors alone."""

    @property
    def first(self) -> int: ...
    @property
    def last(self) -> int: ...

class Deliver:
    """The answer of one inference, or that there is none.

    `result_frame` is there when the edge answered: the result as one frame, for cutpoint.wire. `by` "device": the
    outputs lie in the engine. `refusal` is the edge's status with reason "refused". `round_trip_us` is None unless the
    edge answered and no clock jumped meanwhile. A device that was to answer by itself reports after its delivery, so
    that `bytes_up` is 0 then.
    """

    @property
    def sequence(self) -> int: ...
    @property
    def by(self) -> Literal["edge", "device", "none"]: ...
    @property
    def reason(
        self,
    ) -> Literal[
        "edge",
        "planned",
        "deadline",
        "isolated",
        "offline",
        "refused",
        "hedged",
        "profiled",
        "engine",
        "oversized",
    ]: ...
    @property
    def refusal(self) -> int | None: ...
    @property
    def cut(self) -> int: ...
    @property
    def codec(self) -> int:
        """What was sent with, or tried; raw when nothing was sent."""

    @property
    def setting(self) -> int: ...
    @property
    def result_frame(self) -> bytes | None: ...
    @property
    def round_trip_us(self) -> int | None: ...
    @property
    def edge_us(self) -> int | None: ...
    @property
    def encode_us(self) -> int: ...
    @property
    def bytes_up(self) -> int: ...
    @property
    def bytes_down(self) -> int: ...
    @property
    def partial(self) -> bool:
        """The edge made the answer of the chunks that had come."""

class Command:
    """The edge asks for something besides an inference."""

    @property
    def command(self) -> int: ...
    @property
    def argument(self) -> bytes: ...

class PlanChanged:
    """A newer plan is in force; epoch 0 is the configuration."""

    @property
    def epoch(self) -> int: ...
    @property
    def cut(self) -> int: ...
    @property
    def codec(self) -> int: ...
    @property
    def setting(self) -> int: ...
    @property
    def flags(self) -> int: ...
    @property
    def deadline_ms(self) -> int: ...

class Session:
    """A device's whole protocol behaviour, sans-I/O: events in, actions out.

    After every event call poll() until it returns None, doing what each action asks before the next poll; call
    tick() at next_wakeup_us() on the session's clock.
    """

    def __init__(self, config: SessionConfig, clock: Clock) -> None:
        """Raises ValueError for a configuration that does not hold together."""

    def connected(self) -> None: ...
    def disconnected(self) -> None: ...
    def sleeping(self) -> None:
        """Queues the state "sleeping", for a device that goes by itself."""

    def frame(self, frame: Buffer) -> None:
        """What came on res, plan or cmd. Anything unusable is counted and has no other effect."""

    def input(self) -> int:
        """A new picture is in the engine's input; the inference's sequence. RuntimeError while one is in flight."""

    def running(
        self,
        first: int,
        last: int,
        live: Sequence[tuple[int, int, Buffer, int] | tuple[int, int, Buffer, int, Buffer]] = ...,
    ) -> None:
        """The Run has begun in an engine that works line by line; of [0, last): the tensors that will be alive.

        As for ran(), but what the buffers hold may still be made. While the head runs poll() gives chunks of what is
        final. The range is over without a ran() when `in_run` has become false. ValueError as there.
        """

    def progress(self, ready: Sequence[int]) -> bool:
        """Bytes at the front of each of those tensors that are final; True when poll() will give a chunk of them."""

    def ran(
        self,
        first: int,
        last: int,
        ok: bool,
        operators_us: Sequence[int] = ...,
        live: Sequence[tuple[int, int, Buffer, int] | tuple[int, int, Buffer, int, Buffer]] = ...,
    ) -> None:
        """Answers a Run: microseconds of each operator, and after [0, last) the tensors that are alive at `last`.

        A tensor is (index in the whole model, dtype, contiguous bytes, fill element as int). The buffers are kept
        until the next ran() and must not change before poll() has returned None. After running() `live` is not looked
        at: it has told them. ValueError, and nothing changes, when the call does not fit the Run.
        """

    def unsent(self) -> None:
        """The transport did not take the Publish polled last."""

    def tick(self) -> None: ...
    def telemetry(self, gauges: Mapping[int, int]) -> None:
        """Queues a telemetry frame of these gauges and all counters; dropped when offline."""

    def unsupported_command(self) -> None:
        """The Command polled last is none that this device can obey."""

    def poll(self) -> Publish | Run | Deliver | Command | PlanChanged | None: ...
    def next_wakeup_us(self) -> int | None: ...
    def will(self) -> Publish:
        """What the transport sets as last will before it connects."""

    @property
    def state(self) -> Literal["offline", "online", "isolated"]: ...
    @property
    def modelled_encode_us(self) -> int:
        """Of the inference in flight, by `encode_ns`: what coding its tensors takes; 0 without."""

    @property
    def in_run(self) -> bool:
        """A Run was polled, and is neither answered by ran() nor ended by an answer of the edge."""

    @property
    def busy(self) -> bool:
        """An inference is in flight, or its report is still to be polled."""

    @property
    def plan(self) -> PlanChanged: ...
    @property
    def counters(self) -> dict[str, int]:
        """Since boot, by name. The first twelve travel in telemetry, the others speak of this device alone."""

# --- What a board stores (firmware/device). cutpoint.board gives these names and types.

SLOT_HEADER_BYTES: int
SLOT_ARENA_ENTRIES: int
SLOT_FAULT_TRUNCATED: int
SLOT_FAULT_MODEL: int
SLOT_FAULT_PLAN: int
SLOT_FAULT_TABLES: int
SLOT_ALIGNMENT: int

def settings_schema() -> list[
    tuple[
        str,  # key
        Literal["text", "pem", "choice", "u8", "u16", "u32", "hex", "key"],
        bool,  # secret
        int,  # least
        int,  # most
        str,  # default
        tuple[str, ...],  # choices
        str,  # help
    ]
]: ...
def setting_value(key: str, text: str) -> int | str | bytes:
    """ValueError with the sentence; KeyError for no such setting."""

def check_settings(values: dict[str, str]) -> list[tuple[str, str]]:
    """(key to change, sentence) of everything that a board refuses."""

def device_id(name: str, id: str, mac: Buffer) -> str: ...
def write_slot_header(
    model: bytes,
    sha256: bytes,
    model_bytes: int,
    operators: int,
    on_board: int,
    name: str,
    arena: tuple[int, ...],
    stamp: int,
    plan_bytes: int = 0,
    block: tuple[int, ...] = (),
    tables_bytes: int = 0,
) -> bytes: ...
def read_slot_header(
    image: Buffer,
    /,
) -> tuple[bytes, bytes, int, int, int, str, tuple[int, ...], int, int, int, tuple[int, ...], int, int] | int:
    """(model id, SHA-256, model bytes, N, K, name, arena bytes for the cuts 1, 2, ..., stamp, plan bytes, where the
    plan begins, the Stream engine's bytes for the cuts 1, 2, ..., bytes of the codec tables, where they begin), or the
    fault (int)."""

def slot_fault_text(fault: int, /) -> str: ...
def slot_crc(sector: Buffer) -> int:
    """Tells one slot image from another by its header; ValueError for bytes that are none."""

class SlotChoice:
    """Which of two model slots is in use, which is on trial, and the way back.

    `slots` is ((valid, crc), (valid, crc)) of what lies there. Store `stored()` whenever a call changed it.
    """

    def __init__(self, stored: bytes | None = None) -> None: ...
    def stored(self) -> bytes: ...
    def boot(
        self, slots: tuple[tuple[bool, int], tuple[bool, int]]
    ) -> tuple[int | None, Literal["settled", "trial", "returned", "fallback", "nothing"]]: ...
    def begin_trial(self) -> None:
        """The spare slot holds a verified image. ValueError while one is on trial already."""

    def prove(self, slots: tuple[tuple[bool, int], tuple[bool, int]]) -> None: ...
    def fail(self, slots: tuple[tuple[bool, int], tuple[bool, int]]) -> int | None:
        """The slot in use from now on; None when the other one holds nothing."""

    @property
    def spare(self) -> int | None: ...
    @property
    def slot(self) -> int: ...
    @property
    def trial(self) -> bool: ...

class UpdateNote:
    """What a device says about an update; `say` is False for progress that need not be told."""

    @property
    def state(self) -> Literal["ready", "receiving", "trying", "refused", "failed", "done", "returned"]: ...
    @property
    def say(self) -> bool: ...
    @property
    def offset(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def text(self) -> str: ...

class UpdateReceiver:
    """Takes an update into a spare area, as a board does. After end() says "trying" the caller tries the image.

    `area` is a cutpoint.board.FlashArea, `hash` makes a new SHA-256 (hashlib.sha256), `progress` a
    cutpoint.board.ProgressStore. `chip` is the number of the chip that firmware has to be built for. What the ports
    raise is raised by the call that asked them; a port must not call the receiver.
    """

    def __init__(
        self,
        area: Any,
        hash: Any,
        *,
        kind: str = "model",
        chip: int = 0,
        progress: Any | None = None,
        policy: str = "model",
    ) -> None: ...
    def begin(self, size: int, sha256: Buffer) -> UpdateNote: ...
    def data(self, offset: int, data: Buffer) -> UpdateNote: ...
    def end(self) -> UpdateNote: ...
    def abort(self) -> UpdateNote: ...
    def set_policy(self, policy: str) -> None: ...
    def block(self, reason: str | None) -> None:
        """While there is a reason, every begin, data and end is refused with it."""

    @property
    def active(self) -> bool: ...
    @property
    def offset(self) -> int: ...
    @property
    def size(self) -> int: ...

def picture_tensor(
    pixels: bytes,
    width: int,
    height: int,
    format: str,
    dtype: int,
    tensor_width: int,
    tensor_height: int,
    channels: int,
    scale: float | None,
    zero_point: int,
) -> bytes: ...
def improv_packet(kind: int, data: bytes) -> bytes: ...
def read_improv(packet: bytes) -> tuple[int, bytes] | None: ...
def picture_packet_head(data: bytes) -> bytes: ...
def chip_currents(chip: str) -> tuple[float, float, float, float] | None: ...
def modelled_energy_uj(chip: str, compute_us: float, transmit_us: float, total_us: float) -> float: ...

# --- The console (firmware/device/console, firmware/device/serial): what a board in software speaks with.

def console_help() -> list[tuple[str, str, str]]: ...
def console_refusal(line: str) -> str | None: ...

class SerialDemux:
    """`begin_picture(bytes)` says why a picture of this size is not taken, or None; `now_ms` is of any clock."""

    def __init__(self, begin_picture: Callable[[int], str | None]) -> None: ...
    def push(
        self, data: Buffer, now_ms: int
    ) -> list[
        tuple[Literal["line", "picture"], bytes]
        | tuple[Literal["line_refused", "picture_refused"], str]
        | tuple[Literal["improv"], tuple[int, bytes]]
        | tuple[Literal["improv_refused"], None]
    ]:
        """What these bytes complete, and what was never finished before. Raises what `begin_picture` does."""

class ConsoleTarget(Protocol):
    def line(self, text: str, /) -> None: ...
    def status(self) -> str: ...
    def cut(self, order: Literal["show", "fixed", "auto"], operators: int, /) -> str: ...
    def bench(self, inferences: int, /) -> str: ...
    def wifi(self) -> str: ...
    def mqtt(self) -> str: ...
    def model(self) -> str: ...
    def set_log(self, level: str, /) -> None: ...
    def restart(self) -> None: ...
    def hang(self) -> None: ...
    def changed(self, key: str, text: str, /) -> None:
        """A setting was set; a secret comes as "set" or "not set"."""

    def saved(self) -> None: ...
    def save(self, key: str, text: str, /) -> str | None:
        """Keep a setting, secrets in clear; why it could not be, or None."""

class Console:
    """Carries out lines as a board does, on a target whose answers are one line each."""

    def __init__(self, settings: Mapping[str, str], target: ConsoleTarget) -> None:
        """ValueError for settings that a board would not have stored."""

    def obey(self, line: Buffer) -> None:
        """A line without its end. Raises what the target does."""

# --- The Stream engine (firmware/core/stream).

def stream_fault(plan: Buffer) -> str | None:
    """The sentence why a plan is refused; None for a good one."""

class StreamEngine:
    """A plan in memory of its own. `fed`: input lines come by `give` as they are needed, and are not kept.

    Steps are 0 more, 1 waiting for an input line, 2 done, 3 failed.
    """

    def __init__(self, plan: Buffer, block_bytes: int = 0, fed: bool = False) -> None:
        """block_bytes: as on a 32-bit chip; 0 for what the dearest cut needs.

        ValueError for a plan that is refused, or too small a block.
        """
    @property
    def operators(self) -> int: ...
    def can_cut(self, cut: int) -> bool: ...
    def give(self, input: int, data: Buffer) -> None:
        """A whole input, or the next lines of one that is fed."""
    def forget_lines(self) -> None: ...
    def begin(self, first: int, last: int) -> bool: ...
    def advance(self, lines: int = 0xFFFFFFFF) -> int:
        """Up to so many lines; the last step."""
    def ready(self, place: int) -> int: ...
    def operators_us(self, count: int) -> tuple[int, ...]: ...
    def live(self, cut: int) -> tuple[tuple[int, int, bytes, int], ...] | None:
        """Index, dtype, bytes, fill of each; None unless the last range ends there."""
    def views(self, cut: int) -> tuple[npt.NDArray[np.uint8], ...] | None:
        """Where those bytes lie, read-only; from `begin` on, while they are made. None unless a range ends there."""
    def shares(self) -> tuple[float, ...]:
        """How much of each operator of the range begun is done, 0 to 1."""
    def intact(self) -> bool:
        """Whether the memory around block and picture is as it was."""
    def scribble(self, value: int) -> None:
        """Fill the block's lines with a byte."""
