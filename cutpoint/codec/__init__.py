"""Feature codecs: how a tensor's bytes travel. The implementation is the device's (firmware/core/codec)."""

from cutpoint.codec.codec import Codec, Coded, by_name, decode, names
from cutpoint.codec.errors import CodecError, CodedError
from cutpoint.codec.label import label_of, read_label
from cutpoint.codec.numbers import CodecId, DType

__all__ = [
    "Codec",
    "CodecError",
    "CodecId",
    "Coded",
    "CodedError",
    "DType",
    "by_name",
    "decode",
    "label_of",
    "names",
    "read_label",
]
