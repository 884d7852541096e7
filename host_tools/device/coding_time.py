"""How long a board takes to code a tensor: instructions counted under QEMU, at the profile's clock."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cutpoint.codec import CodecId
from host_tools.device.profile import Profile

INSTRUCTIONS_PER_BYTE: Mapping[CodecId, float] = MappingProxyType(
    {
        CodecId.RAW: 6.4,
        CodecId.BITMAP: 43.5,
        CodecId.JPEG: 6.4,
        CodecId.LOWBIT: 38.0,
        CodecId.RANS: 62.0,
        CodecId.SLICER: 81.0,
        CodecId.DELTA: 120.0,
    }
)
"""To encode a byte of a tensor and copy it out, rv32imc at -O2 under QEMU; docs/device.md says of which tensors."""


def encode_us(profile: Profile, codec: CodecId, tensor_bytes: int) -> float | None:
    """Modelled microseconds to code tensors of so many bytes; None for a profile that does not model it."""
    return profile.instructions_us(INSTRUCTIONS_PER_BYTE[codec] * tensor_bytes)


def encode_ns_per_byte(profile: Profile) -> tuple[int, ...] | None:
    """Nanoseconds for a byte of tensor by codec number, as a session takes them; None where coding is measured."""
    times = [encode_us(profile, codec, 1000) for codec in CodecId]
    return None if None in times else tuple(round(us) for us in times if us is not None)
