"""The one place that turns a model's output tensors into an answer, on the edge and on the device alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from cutpoint.answer import classes, fomo
from cutpoint.answer.answers import Answer, Centroids, Classes, Raw, RawTensor
from cutpoint.answer.errors import OutputError, RuleError
from cutpoint.answer.levels import FLOAT32, levels

OutputKind = Literal["fomo", "classes", "raw"]
MOST_LABELS = 1 << 16
"""A label crosses the wire as an unsigned 16-bit number."""


@dataclass(frozen=True, slots=True)
class OutputTensor:
    """One output of the model: its index in the graph, shape and NumPy dtype name.

    `scale` and `zero_point` are None when the tensor is not quantised.
    """

    index: int
    shape: tuple[int, ...]
    dtype: str
    scale: float | None = None
    zero_point: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerRule:
    """What the outputs of one model mean; checked when made.

    `input_shape` is (height, width) of the input picture in pixels, which FOMO needs. `labels` may be empty:
    an answer names labels by index. `top` is how many classes an answer of kind `classes` lists. Raises
    `RuleError` when the rule does not fit the outputs.
    """

    kind: OutputKind
    outputs: tuple[OutputTensor, ...]
    labels: tuple[str, ...] = ()
    input_shape: tuple[int, int] | None = None
    threshold: float = 0.5
    fusion: fomo.Fusion = "edge-impulse"
    top: int = 5

    def __post_init__(self) -> None:
        if self.kind not in get_args(OutputKind):
            raise RuleError(
                f"output kind {self.kind!r} is unknown; use one of {', '.join(get_args(OutputKind))}"
            )
        if not self.outputs:
            raise RuleError("the model has no output tensor, so there is nothing to answer with")
        if self.kind == "raw":
            return
        if len(self.outputs) != 1:
            raise RuleError(
                f"output kind {self.kind!r} reads one output tensor, "
                f"this model has {len(self.outputs)}; use 'raw'"
            )
        output = self.outputs[0]
        if np.dtype(output.dtype) != FLOAT32:
            if output.scale is None or output.zero_point is None:
                raise RuleError(f"output tensor {output.index} is {output.dtype} without a scale; use 'raw'")
            levels(np.dtype(output.dtype), output.scale, output.zero_point)
        if self.kind == "fomo":
            self._check_fomo(output)
        else:
            self._check_classes(output)

    def decode(self, outputs: Sequence[npt.NDArray[Any]]) -> Answer:
        """The answer in one inference's output tensors, given in graph order.

        Raises `OutputError` when count, shape or dtype differ from the rule's, or a number is not finite.
        """
        if len(outputs) != len(self.outputs):
            raise OutputError(f"{len(outputs)} output tensors were given, the model has {len(self.outputs)}")
        for output, array in zip(self.outputs, outputs, strict=True):
            if array.shape != output.shape or array.dtype.name != output.dtype:
                raise OutputError(
                    f"output tensor {output.index} is {array.dtype.name}{list(array.shape)}, "
                    f"the model's is {output.dtype}{list(output.shape)}"
                )
        if self.kind == "raw":
            return Raw(
                tuple(
                    RawTensor.of(output.index, array)
                    for output, array in zip(self.outputs, outputs, strict=True)
                )
            )
        scale, zero_point = self.outputs[0].scale or 1.0, self.outputs[0].zero_point or 0
        if self.kind == "classes":
            return Classes(classes.decode(outputs[0], scale=scale, zero_point=zero_point, top=self.top))
        assert self.input_shape is not None
        return Centroids(
            fomo.decode(
                outputs[0],
                scale=scale,
                zero_point=zero_point,
                input_shape=self.input_shape,
                threshold=self.threshold,
                fusion=self.fusion,
            )
        )

    def _check_fomo(self, output: OutputTensor) -> None:
        shape = output.shape[1:] if len(output.shape) == 4 and output.shape[0] == 1 else output.shape
        if len(shape) != 3:
            raise RuleError(
                f"kind 'fomo' needs an output of shape (1, H, W, C), this one is {output.shape}; "
                "use 'classes' or 'raw'"
            )
        fomo.check_rule(self.threshold, self.fusion)
        if self.input_shape is None or self.input_shape[0] < shape[0] or self.input_shape[1] < shape[1]:
            raise RuleError(
                f"kind 'fomo' needs a picture as input, at least {shape[0]}x{shape[1]} pixels, "
                f"to place its cells; the input is {self.input_shape}"
            )
        self._check_labels(shape[2] - 1, "channels besides the background")

    def _check_classes(self, output: OutputTensor) -> None:
        if not output.shape or int(np.prod(output.shape)) != output.shape[-1]:
            raise RuleError(
                f"kind 'classes' needs an output of shape (1, C), this one is {output.shape}; use 'raw'"
            )
        if self.top < 1:
            raise RuleError(f"top is {self.top}; at least one class must be asked for")
        self._check_labels(output.shape[-1], "scores")

    def _check_labels(self, count: int, what: str) -> None:
        if not 0 < count <= MOST_LABELS:
            raise RuleError(f"the output has {count} {what}; 1 to {MOST_LABELS} are supported")
        if self.labels and len(self.labels) != count:
            raise RuleError(f"{len(self.labels)} labels were given, the output has {count} {what}")
