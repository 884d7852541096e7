"""What a PC computes for the same picture: the bytes that a device's have to equal."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cutpoint.answer import Answer
from cutpoint.graph import Bundle
from cutpoint.kernels import Kernels, Runner, available, open_runner
from cutpoint.picture.input_tensor import input_tensors
from cutpoint.wire import Activation
from host_tools.device.sources import RandomSource, Sample, open_source
from host_tools.hil.packet import outputs_crc
from host_tools.hil.target import Picture
from host_tools.shipped import shipped_pictures

Array = npt.NDArray[np.generic]


class Truth:
    """The whole model and every head of it, under one kind of kernels: TFLM's, which devices run, where installed.

    Interpreters are made when first asked for and kept.
    """

    def __init__(self, bundle: Bundle, kernels: Kernels | None = None) -> None:
        self.bundle = bundle
        self.kernels: Kernels = kernels or ("tflm" if "tflm" in available() else "reference")
        self._heads: dict[int, Runner] = {}
        self._whole: Runner | None = None

    def live(self, picture: Picture, cut: int) -> list[bytes]:
        """The tensors alive at `cut`, in the order of frames."""
        if cut == 0:
            return [np.ascontiguousarray(array).tobytes() for array in picture]
        if cut == self.bundle.n:
            return [array.tobytes() for array in self.outputs(picture)]
        if cut not in self._heads:
            self._heads[cut] = open_runner(self.bundle.model().extract(0, cut), self.kernels)
        return [array.tobytes() for array in self._heads[cut].run(list(picture))]

    def outputs(self, picture: Picture) -> list[Array]:
        """The network's outputs, in the model's order."""
        if self._whole is None:
            self._whole = open_runner(self.bundle.full, self.kernels)
        return list(self._whole.run(list(picture)))

    def outputs_crc(self, picture: Picture) -> int:
        """CRC-32 over the outputs, as `@answer` states it."""
        return outputs_crc(self.outputs(picture))

    def answer(self, picture: Picture) -> Answer:
        """What the outputs mean."""
        return self.bundle.answer_rule.decode(self.outputs(picture))

    def differences(self, picture: Picture, activation: Activation) -> list[str]:
        """Where an activation's tensors are not the PC's, a sentence each; empty when every bit is equal."""
        expected = self.bundle.cuts[activation.cut].tensors
        if [one.index for one in activation.tensors] != [one.index for one in expected]:
            sent = [one.index for one in activation.tensors]
            return [
                f"cut {activation.cut}: tensors {sent} came, {[one.index for one in expected]} are alive there"
            ]
        wrong = []
        live = self.live(picture, activation.cut)
        for record, tensor, data in zip(activation.tensors, expected, live, strict=True):
            if bytes(record.data) != data:
                different = sum(a != b for a, b in zip(bytes(record.data), data, strict=False))
                wrong.append(
                    f"cut {activation.cut}, tensor {tensor.index}: {different} of {len(data)} bytes differ "
                    f"from {self.kernels}, {len(record.data)} came"
                )
        return wrong

    def pictures(self, count: int) -> list[Sample]:
        """Pictures that fit the model: shipped ones where it takes pictures, then noise; the same every time."""
        inputs = input_tensors(self.bundle.model())
        samples: list[Sample] = []
        if len(inputs) == 1 and inputs[0].picture_size is not None:
            source = open_source(shipped_pictures(), inputs)
            samples = [sample for sample, _ in zip(source, range((count + 1) // 2), strict=False)]
        return samples + list(RandomSource(count - len(samples), inputs, seed=7))
