"""One model as the server sees it: what must arrive at each cut, and what the planner has to know."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cutpoint.codec import CodecTables
from cutpoint.graph import Bundle, Model
from cutpoint.graph.streamed import stream_bytes, tflm_bytes
from cutpoint.kernels import Array
from cutpoint.picture import InputTensor, JpegError, input_tensors, picture_of
from cutpoint.plan import NetworkShape
from cutpoint.wire import MOST_TENSORS, CodecId, DType, ModelId, TensorRecord
from edge_server.catalogue.calibration import Calibration, Coder


class TensorMismatchError(Exception):
    """The tensors of an activation are not those that the model has at its cut; `reason` is the counter for it."""

    reason = "wrong_tensor"


@dataclass(frozen=True, slots=True)
class ExpectedTensor:
    """What one tensor record at a cut must be."""

    index: int
    code: DType
    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]
    bytes: int
    fill: int = 0
    """The zero point, which stands for elements that did not come."""
    picture: InputTensor | None = None
    """What turns a JPEG into this tensor, where it is an input that takes a picture."""

    def array(self, record: TensorRecord) -> Array:
        """The record's data as an array that shares its memory; raises TensorMismatchError.

        A JPEG is cropped to its middle, resized and quantised as a device does it with its pictures.
        """
        if record.codec is CodecId.JPEG and record.index == self.index and record.dtype == self.code:
            return self._array_of_jpeg(record)
        if record.index != self.index or record.dtype != self.code or len(record.data) != self.bytes:
            raise TensorMismatchError(
                f"tensor {record.index} ({record.dtype!r}, {len(record.data)} bytes) where tensor "
                f"{self.index} ({self.code!r}, {self.bytes} bytes) belongs"
            )
        array = np.frombuffer(record.data, self.dtype).reshape(self.shape)
        if self.dtype.kind == "f" and not np.isfinite(array).all():
            raise TensorMismatchError(f"tensor {self.index} holds a number that is not finite")
        return array

    def _array_of_jpeg(self, record: TensorRecord) -> Array:
        if self.picture is None:
            raise TensorMismatchError(f"tensor {self.index} comes as a JPEG, and is no picture")
        try:
            return self.picture.of_picture(picture_of(record.data))
        except JpegError as error:
            raise TensorMismatchError(f"tensor {self.index}: {error}") from error


class ServedModel:
    """A bundle and what is derived from it; never changed, so all threads share it.

    The parsed model takes twice the file's memory, so it is kept only once a tail was made: of many models on offer
    few are in use.
    """

    def __init__(self, bundle: Bundle, *, made_ns: int = 0) -> None:
        """`made_ns`: when the bundle was written, on the file system's clock."""
        self.bundle = bundle.lean()
        self.made_ns = made_ns
        self._model: Model | None = None
        self.id = ModelId(bundle.model_id)
        self.rule = bundle.answer_rule
        self.n = bundle.n
        model = bundle.model()
        pictures = {
            index: tensor
            for index, tensor in zip(model.inputs, input_tensors(model), strict=True)
            if tensor.picture_size is not None
        }
        self.expected = tuple(
            tuple(
                ExpectedTensor(
                    tensor.index,
                    DType.of(np.dtype(tensor.dtype)),
                    np.dtype(tensor.dtype),
                    tensor.shape,
                    tensor.bytes,
                    tensor.zero_point or 0,
                    pictures.get(tensor.index) if cut.k == 0 else None,
                )
                for tensor in cut.tensors
            )
            for cut in bundle.cuts
        )
        self.calibration = _calibration(bundle)
        self.largest_cut_bytes = max(cut.bytes for cut in bundle.cuts)

    @property
    def folder(self) -> str:
        """Name of the bundle's folder: what tells two versions apart, also of one model id."""
        return self.bundle.path.name

    def plans_alike(self, other: ServedModel) -> bool:
        """Whether a planner of this version may go on for the other: one network, on as many operators of a board, with
        the same codec tables."""
        return (
            self.id == other.id
            and self.bundle.max_cut == other.bundle.max_cut
            and self.bundle.manifest.codecs == other.bundle.manifest.codecs
        )

    @property
    def tables(self) -> CodecTables | None:
        """Tables of the calibrated codecs; None where the bundle was never calibrated."""
        return None if self.calibration is None else self.calibration.tables

    def arrays(self, cut: int, records: tuple[TensorRecord, ...]) -> list[Array]:
        """The arrays at a cut, in the order that the tail takes them; raises TensorMismatchError."""
        expected = self.expected[cut]
        if len(records) != len(expected):
            raise TensorMismatchError(f"{len(records)} tensors at cut {cut}, which has {len(expected)}")
        return [wanted.array(record) for wanted, record in zip(expected, records, strict=True)]

    def tail(self, cut: int) -> bytes:
        """The .tflite that runs operators [cut, N)."""
        if cut == 0:
            return self.bundle.full
        model = self._model
        if model is None:
            # Two threads may both parse it; either result will do.
            model = self._model = self.bundle.model()
        return model.extract(cut, self.n)

    def shape(
        self,
        max_cut: int,
        board_cuts: frozenset[int] | None = None,
        streams: bool = False,
        coder: Coder | None = None,
    ) -> NetworkShape:
        """The network as the planner sees it, for a board that has operators [0, max_cut), and memory for all cuts or
        for `board_cuts`; what a head needs is TFLM's arena, or the Stream engine's block where that one `streams`.

        coder   what the board can code; None: whatever the bundle has settings for
        """
        bundle = self.bundle
        needed = stream_bytes if streams else tflm_bytes
        inputs = self.expected[0]
        picture = len(inputs) == 1 and len(inputs[0].shape) == 4 and inputs[0].shape[-1] in (1, 3)
        cut_bytes = tuple(cut.bytes for cut in bundle.cuts)
        calibration = self.calibration
        jpeg = None
        if calibration is not None and coder is not None and picture:
            jpeg = calibration.jpeg(coder.jpeg_quality)
        return NetworkShape(
            macs=tuple(operator.macs for operator in bundle.operators),
            cut_bytes=cut_bytes,
            input_is_picture=picture,
            jpeg_bytes=None if jpeg is None else round(jpeg.mean_bytes),
            jpeg_loss=None if jpeg is None else jpeg.loss,
            kinds=tuple(operator.kind for operator in bundle.operators),
            max_cut=min(max_cut, bundle.max_cut),
            board_cuts=board_cuts,
            frame_overhead=self._frame_overhead,
            output_bytes=tuple(operator.bytes for operator in bundle.operators),
            arena_bytes=tuple(needed(cut.arena_bytes) for cut in bundle.cuts),
            unsendable=frozenset(cut.k for cut in bundle.cuts if len(cut.tensors) > MOST_TENSORS),
            settings=() if calibration is None else tuple(calibration.settings(cut_bytes, coder)),
        )

    def _frame_overhead(self, cut: int, coded_bytes: int) -> int:
        """Bytes that framing adds to one activation of a single chunk: header, payload head, records."""
        return 32 + 8 + 12 * len(self.expected[cut])


def _calibration(bundle: Bundle) -> Calibration | None:
    entry, tables = bundle.manifest.codecs, bundle.codec_tables
    if entry is None or tables is None:
        return None
    return Calibration(entry, tables, bundle.model_id)
