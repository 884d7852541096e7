"""MODEL on the command line: a .tflite file, or a bundle folder, whose full model is meant; and what it takes."""

from __future__ import annotations

from pathlib import Path

import cutpoint
from cutpoint.graph import Model
from host_tools.device.input_tensor import InputTensor


def load_model(path: Path) -> Model:
    """Load a model from a .tflite file or from a bundle folder.

    Raises:
        UsageError: neither can be read; the sentence says why.
    """
    return cutpoint.Bundle.open(path).model() if path.is_dir() else cutpoint.load(path)


def input_tensors(model: Model) -> tuple[InputTensor, ...]:
    """The model's inputs, in graph order, as what turns pictures and arrays into tensors."""
    tensors = (model.tensors[index] for index in model.inputs)
    return tuple(InputTensor(t.name, t.shape, t.dtype, t.scale, t.zero_point) for t in tensors)
