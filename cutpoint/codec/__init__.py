"""Feature codecs: how a tensor's bytes travel. The implementation is the device's (firmware/core/codec)."""

from cutpoint.codec.codec import Codec, Coded, by_name, decode, names
from cutpoint.codec.codec_tables import CodecTables, SettingHead, TensorHead
from cutpoint.codec.errors import CodecError, CodedError, NoReferenceError, OtherTablesError
from cutpoint.codec.label import label_of, read_label
from cutpoint.codec.numbers import CodecId, DType
from cutpoint.codec.slicer_tables import SlicerTables
from cutpoint.codec.tables import Activity, Prediction, Quantiser, RansModel, RansTable, TensorTables
from cutpoint.codec.tables_file import Setting, TensorBlock, encode_tables

__all__ = [
    "Activity",
    "Codec",
    "CodecError",
    "CodecId",
    "CodecTables",
    "Coded",
    "CodedError",
    "DType",
    "NoReferenceError",
    "OtherTablesError",
    "Prediction",
    "Quantiser",
    "RansModel",
    "RansTable",
    "Setting",
    "SettingHead",
    "SlicerTables",
    "TensorBlock",
    "TensorHead",
    "TensorTables",
    "by_name",
    "decode",
    "encode_tables",
    "label_of",
    "names",
    "read_label",
]
