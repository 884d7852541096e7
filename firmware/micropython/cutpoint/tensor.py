"""Tensors as they travel: dtypes by their numbers on the wire, and the codecs raw and bitmap."""

INT8, UINT8, INT16, INT32, INT64, FLOAT32, BOOL = 1, 2, 3, 4, 5, 6, 7
ITEM_BYTES = (0, 1, 1, 2, 4, 8, 4, 1)
RAW, BITMAP, JPEG, LOWBIT = 0, 1, 2, 3

_BATCH = 64  # elements that the bitmap codec hands over at a time


class Tensor:
    """One tensor: `index` in the whole model, `dtype` by number, `data` any bytes-like of little-endian elements.

    `fill` is the commonest element, the zero point of an int8 tensor; the bitmap codec leaves it out.
    `jpeg`: of an input that is a picture, the same picture as its camera coded it. `made`: the coded form that a
    calibrated codec made of it, for messages of that codec.
    """

    __slots__ = ("data", "dtype", "fill", "index", "jpeg", "made")

    def __init__(self, index, dtype, data, fill=0, jpeg=b"", made=b""):
        if not INT8 <= dtype <= BOOL or len(data) % ITEM_BYTES[dtype]:
            raise ValueError(f"{len(data)} bytes are no elements of dtype {dtype}")
        self.index = index
        self.dtype = dtype
        self.data = data
        self.fill = fill
        self.jpeg = jpeg
        self.made = made


def _fill_bytes(tensor):
    size = ITEM_BYTES[tensor.dtype]
    return (tensor.fill & (1 << 8 * size) - 1).to_bytes(size, "little")


def measure(tensor, wanted):
    """(codec that this tensor will use, its coded bytes): raw where the wanted codec would not be smaller."""
    raw = len(tensor.data)
    if wanted == JPEG and 0 < len(tensor.jpeg) < raw:
        return JPEG, len(tensor.jpeg)
    if wanted >= LOWBIT and 2 <= len(tensor.made) < raw and tensor.dtype in (INT8, UINT8):
        return wanted, len(tensor.made)
    if wanted != BITMAP or not raw:
        return RAW, raw
    item, fill, data = ITEM_BYTES[tensor.dtype], _fill_bytes(tensor), tensor.data
    differing = 0
    for at in range(0, raw, item):
        if _differs(data, at, item, fill):
            differing += 1
    coded = item + (raw // item + 7) // 8 + differing * item
    return (BITMAP, coded) if coded < raw else (RAW, raw)


def encoded(tensor, codec):
    """Yields the coded bytes piece by piece, each overwritten by the next; `codec` is what `measure` said."""
    if codec != BITMAP:
        yield tensor.data if codec == RAW else tensor.jpeg if codec == JPEG else tensor.made
        return
    item, fill, data = ITEM_BYTES[tensor.dtype], _fill_bytes(tensor), memoryview(tensor.data)
    yield fill
    out = memoryview(bytearray(_BATCH * item))
    for start in range(0, len(data), 8 * _BATCH * item):
        elements = min(8 * _BATCH, (len(data) - start) // item)
        size = (elements + 7) // 8
        for i in range(size):
            out[i] = 0
        for i in range(elements):
            if _differs(data, start + i * item, item, fill):
                out[i >> 3] |= 1 << (i & 7)
        yield out[:size]
    filled = 0
    for at in range(0, len(data), item):
        if _differs(data, at, item, fill):
            for i in range(item):
                out[filled + i] = data[at + i]
            filled += item
            if filled == len(out):
                yield out
                filled = 0
    yield out[:filled]


def _differs(data, at, item, fill):
    for i in range(item):
        if data[at + i] != fill[i]:
            return True
    return False


def decoded(codec, dtype, coded, raw_bytes):
    """The bytes of a tensor, or None when `coded` is none of `raw_bytes` in canonical form; the caller bounds them."""
    item = ITEM_BYTES[dtype]
    if codec == RAW:
        data = bytes(coded)
    else:
        elements = raw_bytes // item
        bitmap = coded[item : item + (elements + 7) // 8]
        fill, at, parts = bytes(coded[:item]), item + len(bitmap), []
        for i in range(elements):
            if not bitmap[i >> 3] >> (i & 7) & 1:
                parts.append(fill)
                continue
            one = bytes(coded[at : at + item])
            if len(one) != item or one == fill:
                return None
            parts.append(one)
            at += item
        if at != len(coded) or (elements % 8 and bitmap[-1] >> (elements % 8)):
            return None
        data = b"".join(parts)
    if dtype == BOOL and any(one > 1 for one in data):
        return None
    return data
