"""The picture itself as JPEG, with and without what is the same in every file of a quality."""

from __future__ import annotations

from collections.abc import Sequence

from cutpoint.picture import InputTensor, jpeg_of, picture_of
from host_tools.codec_bench.halves import Live
from host_tools.codec_bench.ways import Sent
from host_tools.picture_size import scan_bytes

QUALITIES = (30, 50, 70, 90, 95)
"""Pillow's, which are the Independent JPEG Group's; a camera module counts its own way."""


class Jpeg:
    """A picture of the network's input size as a camera would send it: baseline, 4:2:0, standard Huffman tables.

    headers: False counts the entropy-coded scan alone, for a link both of whose ends know the rest by heart. Cutpoint
    sends whole files, as cameras make them; this is the figure of a rival that does not.
    """

    def __init__(self, picture: InputTensor, quality: int, *, headers: bool = True) -> None:
        self._picture, self._quality, self._headers = picture, quality, headers

    def send(self, frames: Sequence[Live]) -> Sent:
        coded, received = [], []
        for (tensor,) in frames:
            file = jpeg_of(self._picture.to_picture(tensor), self._quality)
            coded.append((len(file) if self._headers else scan_bytes(file),))
            received.append((self._picture.of_picture(picture_of(file)),))
        return Sent(tuple(coded), tuple(received))
