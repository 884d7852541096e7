"""General-purpose compressors on the same raw tensors: what a device could do without knowing what it sends.

None of them falls back to raw: a tensor that grows is counted as it is.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from host_tools.codec_bench.halves import Live
from host_tools.codec_bench.ways import Sent

Compress = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Baseline:
    """A compressor of the extra `bench`: its name in tables, its module, and its setting in words."""

    name: str
    module: str
    setting: str
    make: Callable[[Any], Compress]

    def compressor(self) -> Compress | None:
        """What compresses a tensor's bytes; None where the package is not installed."""
        try:
            return self.make(importlib.import_module(self.module))
        except ImportError:
            return None


@dataclass(frozen=True, slots=True)
class Outside:
    """A compressor as a way to send: lossless, each tensor by itself."""

    compress: Compress

    def send(self, frames: Sequence[Live]) -> Sent:
        return Sent(
            tuple(tuple(len(self.compress(tensor.tobytes())) for tensor in frame) for frame in frames)
        )


def _zstd(module: Any) -> Compress:
    # Neither a checksum nor the size of the content: a frame's header has both already.
    compressor = module.ZstdCompressor(level=3, write_checksum=False, write_content_size=False)
    return lambda data: bytes(compressor.compress(data))


def _lz4(module: Any) -> Compress:
    return lambda data: bytes(module.compress(data, store_size=False))


def _blosc2(module: Any) -> Compress:
    # SplitTracr (github.com/nbovee/tracr, src/api/network/compression.py): clevel 3, Filter.NOFILTER, Codec.ZSTD,
    # typesize 1. It pickles the tensor first; here it gets the bytes alone, which is to its advantage.
    options = {
        "typesize": 1,
        "clevel": 3,
        "filter": module.Filter.NOFILTER,
        "codec": module.Codec.ZSTD,
    }
    return lambda data: bytes(module.compress(data, **options))


BASELINES = (
    Baseline("zstd", "zstandard", "level 3", _zstd),
    Baseline("lz4", "lz4.block", "block, default", _lz4),
    Baseline("blosc2", "blosc2", "SplitTracr's: ZSTD 3, no filter", _blosc2),
)
EXTRA = "bench"


def missing_sentence(missing: Sequence[Baseline]) -> str:
    """What is not installed, and what would install it."""
    names = ", ".join(baseline.name for baseline in missing)
    return f"not measured, since the package is missing: {names}; install the extra: pip install 'cutpoint[{EXTRA}]'"
