"""Frame encode + decode of a 2,304-byte activation from Python, and sealing + opening it."""

from __future__ import annotations

import zlib
from functools import partial

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.figure import Figure, Section, median_us
from cutpoint.wire import (
    Activation,
    CodecId,
    DType,
    Flag,
    Key,
    Life,
    ModelId,
    Opener,
    Receiver,
    Role,
    Sealer,
    TensorRecord,
    Timings,
    encode,
)

COMMAND = "python -m bench frames"
TENSOR_BYTES = 2304
OPERATORS = 17


def measure(*, quick: bool) -> Section:
    """Time one message there and back, raw and bitmap; zlib's CRC-32 of the same bytes is the baseline."""
    rounds, calls = (5, 200) if quick else (31, 1000)
    rng = np.random.default_rng(0)
    noise = rng.integers(-128, 128, TENSOR_BYTES, dtype=np.int8)
    sparse = np.where(rng.random(TENSOR_BYTES) < 0.5, np.int8(-128), noise)
    figures = []
    for codec, tensor in ((CodecId.RAW, noise), (CodecId.BITMAP, sparse)):
        message = activation(codec, tensor.tobytes())
        receiver = Receiver()
        (frame,) = encode(message)
        sent = median_us(partial(encode, message), rounds=rounds, calls=calls)
        got = median_us(partial(receiver.push, frame), rounds=rounds, calls=calls)
        crc = median_us(partial(zlib.crc32, frame), rounds=rounds, calls=calls)
        figures.append(
            Figure(
                f"encode + decode, {codec.name.lower()}",
                sent + got,
                "us",
                target=20.0 if codec is CodecId.RAW else None,
                baseline_name="zlib.crc32 of the frame, twice",
                baseline=2 * crc,
                detail=f"encode {sent:.1f} us, decode {got:.1f} us, frame of {len(frame):,} B with {OPERATORS} timings",
            )
        )
    figures.append(sealing(activation(CodecId.RAW, noise.tobytes()), rounds, calls))
    return Section("frames", COMMAND, tuple(figures))


def sealing(message: Activation, rounds: int, calls: int) -> Figure:
    """Seal a frame and open it again; AES-256-GCM of as many bytes alone is the baseline."""
    (frame,) = encode(message)
    key = Key.new()
    sealer, opener, gcm = (
        Sealer(key, Role.DEVICE, Life.of_boot(1)),
        Opener(key, Role.EDGE),
        AESGCM(key.reveal()),
    )
    nonce, text = bytes(12), gcm.encrypt(bytes(12), frame, None)
    sealed = median_us(partial(sealer.seal, frame), rounds=rounds, calls=calls)
    both = median_us(lambda: opener.open(sealer.seal(frame)), rounds=rounds, calls=calls)
    encrypted = median_us(partial(gcm.encrypt, nonce, frame, None), rounds=rounds, calls=calls)
    decrypted = median_us(partial(gcm.decrypt, nonce, text, None), rounds=rounds, calls=calls)
    return Figure(
        "seal + open",
        both,
        "us",
        target=30.0,
        baseline_name="AES-256-GCM alone",
        baseline=encrypted + decrypted,
        detail=f"seal {sealed:.1f} us, open {both - sealed:.1f} us, frame of {len(frame):,} B",
    )


def activation(codec: CodecId, data: bytes) -> Activation:
    """One tensor with the timings of its head, as a device sends it in the steady state."""
    tensor = TensorRecord(61, DType.INT8, data, fill=-128)
    timings = Timings(12, tuple(range(1000, 1000 + OPERATORS)))
    return Activation(
        ModelId(b"\x01\x02\x03\x04"), 7, 42, OPERATORS, codec, Flag.TIMINGS, 3, (tensor,), timings
    )
