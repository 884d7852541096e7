"""Run every head and tail that a model can be cut into, and compare with the whole model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from cutpoint.errors import InputError, KernelsError, ModelError, UsageError
from cutpoint.graph.difference import NOTHING, Difference, compare
from cutpoint.graph.model import Model, Tensor
from cutpoint.kernels import Array, Kernels, Runner, open_runner

EXACT: Final[frozenset[Kernels]] = frozenset({"reference", "tflm", "optimised"})
"""Kernels that run operators one by one: head and tail must equal the whole bit for bit.

XNNPACK fuses and repacks, and rounds differently: it is compared with the reference and reported, not judged.
"""
DEFAULT: Final[tuple[Kernels, ...]] = ("reference", "tflm", "xnnpack")
_ORDER: Final[tuple[Kernels, ...]] = ("reference", "optimised", "tflm", "xnnpack")
"""LiteRT goes first: it works out the shapes that TFLM takes from the file on trust."""

Inputs = Sequence[Array]


@dataclass(frozen=True, slots=True)
class CutCheck:
    """What came out at one cut, by kernels.

    Under "reference", "tflm" and "optimised" head and tail are compared with the whole model under the same kernels;
    under "xnnpack" with the whole model under "reference".
    """

    k: int
    differences: tuple[tuple[Kernels, Difference], ...]

    def under(self, kernels: Kernels) -> Difference | None:
        """The difference under these kernels, None where they were not run."""
        return dict(self.differences).get(kernels)

    @property
    def reference(self) -> Difference | None:
        return self.under("reference")

    @property
    def tflm(self) -> Difference | None:
        return self.under("tflm")

    @property
    def xnnpack(self) -> Difference | None:
        return self.under("xnnpack")

    @property
    def ok(self) -> bool:
        """Whether nothing failed, and nothing differs where nothing may."""
        return all(
            difference.exact if kernels in EXACT else difference.failed is None
            for kernels, difference in self.differences
        )


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """Every cut checked with `runs` sets of inputs.

    whole compares whole models: these kernels against "reference", as information. not_run gives the reason for kernels
    that cannot run this model, or that are not installed. Where "reference" is among them, "optimised" stands in.
    """

    runs: int
    cuts: tuple[CutCheck, ...]
    whole: tuple[tuple[Kernels, Difference], ...]
    not_run: tuple[tuple[Kernels, str], ...]

    @property
    def ok(self) -> bool:
        """True when every cut is exact under all kernels in `EXACT` that were run."""
        return all(cut.ok for cut in self.cuts)

    @property
    def broken(self) -> tuple[int, ...]:
        """The cuts that do not hold."""
        return tuple(cut.k for cut in self.cuts if not cut.ok)


def random_inputs(model: Model, runs: int, seed: int) -> list[list[Array]]:
    """Inputs over the full range of 8 and 16 bit types, normal for float32.

    Wider integers are mostly indices, so they are 0 or 1 here: kernels do not all check an index.
    """
    rng = np.random.default_rng(seed)
    return [[_random(rng, model.tensors[index]) for index in model.inputs] for _ in range(runs)]


def _random(rng: np.random.Generator, tensor: Tensor) -> Array:
    if tensor.dtype.kind == "f":
        return rng.standard_normal(tensor.shape).astype(tensor.dtype)
    if tensor.dtype.itemsize > 2 or tensor.dtype.kind == "b":
        return rng.integers(0, 2, tensor.shape).astype(tensor.dtype)
    raw = rng.bytes(tensor.bytes)
    return np.frombuffer(raw, tensor.dtype).reshape(tensor.shape)


def verify(
    model: Model,
    inputs: Sequence[Inputs] | None = None,
    *,
    runs: int = 1,
    seed: int = 0,
    kernels: Sequence[Kernels] = DEFAULT,
    progress: Callable[[int, int], None] | None = None,
) -> VerifyReport:
    """Check all N + 1 cuts of a model by running the files that `Model.split` makes.

    inputs: sets of arrays in graph input order; without them `runs` random sets are drawn from `seed`.
    progress is called with (steps done, steps in all). Raises ModelError when the shapes in the file are not those that
    the kernels compute, InputError when an input does not fit, KernelsError when LiteRT cannot run the model.
    """
    sets: Sequence[Inputs] = random_inputs(model, runs, seed) if inputs is None else inputs
    if not sets:
        raise UsageError("verification needs at least one set of inputs")
    wholes, not_run = _run_wholes(model, sets, kernels)
    anchor: Kernels = "reference" if "reference" in wholes else "optimised"
    judged = [name for name in wholes if name in kernels or name == anchor]

    cuts: list[CutCheck] = []
    for cut in model.cuts:
        head, tail = model.split(cut.k)
        differences: list[tuple[Kernels, Difference]] = []
        for name in judged:
            expected = wholes[name if name in EXACT else anchor]
            differences.append((name, _check(model, cut.k, head, tail, name, sets, expected)))
            if progress is not None:
                progress(len(cuts) * len(judged) + len(differences), len(model.cuts) * len(judged))
        cuts.append(CutCheck(cut.k, tuple(differences)))
    return VerifyReport(
        runs=len(sets),
        cuts=tuple(cuts),
        whole=tuple((name, _compare_all(wholes[name], wholes[anchor])) for name in judged if name != anchor),
        not_run=tuple(not_run),
    )


def _run_wholes(
    model: Model, sets: Sequence[Inputs], kernels: Sequence[Kernels]
) -> tuple[dict[Kernels, list[list[Array]]], list[tuple[Kernels, str]]]:
    wanted = {*kernels, "reference"}
    wholes: dict[Kernels, list[list[Array]]] = {}
    not_run: list[tuple[Kernels, str]] = []
    for name in _ORDER:
        if name not in wanted:
            continue
        try:
            wholes[name] = _run_all(open_runner(model.data, name), sets)
        except KernelsError as error:
            not_run.append((name, str(error)))
            if name == "reference":
                # LiteRT has operators and operator versions for which only the optimised kernels are registered.
                wanted.add("optimised")
        else:
            _check_shapes(model, model.outputs, wholes[name][0])
    if not wholes.keys() & {"reference", "optimised"}:
        raise KernelsError("this model cannot be verified: " + "; ".join(reason for _, reason in not_run))
    return wholes, not_run


def _check(
    model: Model,
    k: int,
    head: bytes,
    tail: bytes,
    name: Kernels,
    sets: Sequence[Inputs],
    expected: list[list[Array]],
) -> Difference:
    try:
        travelling = _run_all(open_runner(head, name), sets)
        _check_shapes(model, model.live(k), travelling[0])
        return _compare_all(_run_all(open_runner(tail, name), travelling), expected)
    except (KernelsError, InputError) as error:
        return Difference(0, 0, 0.0, str(error))


def _run_all(runner: Runner, sets: Sequence[Inputs]) -> list[list[Array]]:
    return [runner.run(arrays) for arrays in sets]


def _compare_all(seen: list[list[Array]], expected: list[list[Array]]) -> Difference:
    return sum((compare(left, right) for left, right in zip(seen, expected, strict=True)), NOTHING)


def _check_shapes(model: Model, indices: Sequence[int], arrays: Sequence[Array]) -> None:
    for index, array in zip(indices, arrays, strict=True):
        tensor = model.tensors[index]
        if array.shape != tensor.shape or array.dtype != tensor.dtype:
            raise ModelError(
                f"tensor {index} ({tensor.name}) is {tensor.dtype}{list(tensor.shape)} in the file but "
                f"{array.dtype}{list(array.shape)} when it runs: only fixed shapes can be cut; convert the model "
                "with a fixed input size"
            )
