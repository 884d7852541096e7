"""Compare the shapes that a file declares with those that the kernels compute.

Everything here (bytes of a cut, buffers on the wire, TFLM's arena) goes by the declared shapes. LiteRT works them out
again from the inputs and the options; TFLM does not, and writes wherever a wrong shape leads it.
"""

from __future__ import annotations

from collections.abc import Sequence

from cutpoint.errors import KernelsError, ModelError
from cutpoint.graph.inputs import random_inputs
from cutpoint.graph.model import Model
from cutpoint.kernels import Array
from cutpoint.kernels.litert import LiteRtRunner


def check_shapes(model: Model, inputs: Sequence[Array] | None = None) -> None:
    """Run the model once under LiteRT, on random inputs unless some are given.

    Raises ModelError for the first tensor whose shape is another than declared, KernelsError when LiteRT cannot run the
    model at all.
    """
    try:
        runner = LiteRtRunner(model.data, "reference")
    except KernelsError:
        # LiteRT has operators and operator versions for which only the optimised kernels are registered.
        runner = LiteRtRunner(model.data, "optimised")
    # Shapes that depend on data are known only after a run.
    runner.run(random_inputs(model, runs=1, seed=0)[0] if inputs is None else inputs)
    computed = runner.tensor_shapes()
    for operator in model.operators:
        for index in operator.outputs:
            tensor = model.tensors[index]
            if computed.get(index, tensor.shape) != tensor.shape:
                raise ModelError(
                    f"tensor {index} ({tensor.name}) has the shape {list(tensor.shape)} in the file but "
                    f"{list(computed[index])} when it runs: only fixed shapes can be cut; convert the model with a "
                    "fixed input size"
                )
