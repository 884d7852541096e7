"""Codec lowbit: each element's level in a few bits, by the tables of a calibration. docs/codecs.md has the bytes."""

import struct
from binascii import crc32

from cutpoint.tensor import INT8, LOWBIT, UINT8

_HEAD_BYTES, _PIECE = 16, 256


class TablesError(Exception):
    """A file that holds no codec tables for this network; says what was seen."""


class Levels:
    """How the elements of one tensor become levels of `bits` bits; `order` of its channels, or empty."""

    def __init__(self, elements, channels, dtype, bits, to_level, order):
        self.elements = elements
        self.channels = channels
        self.dtype = dtype
        self.bits = bits
        self.to_level = to_level
        self.order = order

    def coded(self, data, mark):
        """The coded tensor, behind `mark`, the low half of the tables' version."""
        bits, to_level = self.bits, self.to_level
        out = bytearray(2 + (self.elements * bits + 7) // 8)
        out[0], out[1] = mark & 0xFF, mark >> 8 & 0xFF
        data = memoryview(data)
        held, waiting, at = 0, 0, 2
        for channel in self.order or b"\0":
            for i in range(channel, self.elements, self.channels if self.order else 1):
                held |= to_level[data[i] & 0xFF] << waiting
                waiting += bits
                while waiting >= 8:
                    out[at] = held & 0xFF
                    held >>= 8
                    waiting -= 8
                    at += 1
        if waiting:
            out[at] = held
        return out


class Tables:
    """The settings of codec lowbit in a file of codec tables; those of other codecs stay there.

    `settings` is {number: cut}. One setting is in memory at a time, about 300 bytes a tensor.
    """

    def __init__(self, path, model):
        self.path = path
        self.settings = {}
        self._places = {}
        self._held = (0, ())
        with _open(path) as file:
            head = file.read(_HEAD_BYTES)
            if len(head) < _HEAD_BYTES or head[:5] != b"CPCT\1":
                raise TablesError(f"{path} holds no codec tables of version 1")
            if head[8:12] != model:
                raise TablesError(f"{path} belongs to model {head[8:12].hex()}, this is {model.hex()}")
            self.version = struct.unpack("<I", head[12:])[0]
            crc = crc32(bytes(4), crc32(head[:12]))
            piece = file.read(_PIECE)
            while piece:
                crc = crc32(piece, crc)
                piece = file.read(_PIECE)
            if crc != self.version:
                raise TablesError(f"{path} is damaged: copy it again")
            for number in range(1, head[5] + 1):
                file.seek(_HEAD_BYTES + 8 * (number - 1))
                cut, codec, tensors, places = struct.unpack("<HBBI", file.read(8))
                if codec == LOWBIT:
                    self.settings[number] = cut
                    self._places[number] = (places, tensors)

    def made(self, number, tensors):
        """The tensors of the setting's cut with their coded forms, `Tensor.made`; none for one that does not fit."""
        levels = self._levels(number)
        for at, tensor in enumerate(tensors):
            tensor.made = b""
            if at < len(levels):
                one = levels[at]
                if (tensor.dtype, len(tensor.data)) == (one.dtype, one.elements):
                    tensor.made = one.coded(tensor.data, self.version)
        return tensors

    def _levels(self, number):
        if self._held[0] != number:
            self._held = (0, ())
            places, tensors = self._places[number]
            with _open(self.path) as file:
                file.seek(places)
                offsets = struct.unpack(f"<{tensors}I", file.read(4 * tensors))
                self._held = (number, [_read_levels(file, offset) for offset in offsets])
        return self._held[1]


def _open(path):
    try:
        return open(path, "rb")
    except OSError:
        raise TablesError(f"no file {path}: `cutpoint micropython` writes it beside the settings")


def _read_levels(file, offset):
    file.seek(offset)
    height, width, channels, most, _, dtype, flags, _ = struct.unpack("<3H4BH", file.read(12))
    to_level = file.read(256)
    file.seek(offset + 268 + (most + 4) // 4 * 4)
    order = file.read(channels) if flags & 1 else b""
    bits = 0
    while most >> bits:
        bits += 1
    if dtype not in (INT8, UINT8) or len(to_level) != 256:
        raise TablesError(f"a setting of lowbit is for dtype {dtype}")
    return Levels(height * width * channels, channels, dtype, bits, to_level, order)
