"""Run every head and tail that a model can be cut into, and compare with the whole model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cutpoint.errors import InputError, KernelsError, UsageError
from cutpoint.graph.difference import NOTHING, Difference, compare
from cutpoint.graph.inputs import random_inputs
from cutpoint.graph.model import Model
from cutpoint.graph.shapes import check_shapes
from cutpoint.kernels import Array, Kernels, Runner, open_runner
from cutpoint.kernels.quiet import captured_stderr

EXACT: Final[frozenset[Kernels]] = frozenset({"reference", "tflm", "optimised"})
"""Kernels that run operators one by one: head and tail must equal the whole bit for bit.

XNNPACK fuses and repacks, and rounds differently: it is compared with the reference and reported, not judged. Nor is
it when it refuses a tail, as it does where weights are computed before the cut (DEQUANTIZE of float16 weights).
"""
DEFAULT: Final[tuple[Kernels, ...]] = ("reference", "tflm", "xnnpack")
_ORDER: Final[tuple[Kernels, ...]] = ("reference", "optimised", "tflm", "xnnpack")

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
        """Whether nothing differs, or failed, under kernels that must be exact."""
        return all(difference.exact for kernels, difference in self.differences if kernels in EXACT)


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
    the kernels compute, InputError when an input does not fit, KernelsError when LiteRT cannot run the model,
    UsageError for no inputs, unknown kernels or a negative seed.
    """
    if seed < 0:
        raise UsageError(f"seed is {seed}; it must be 0 or more")
    sets: Sequence[Inputs] = random_inputs(model, runs, seed) if inputs is None else inputs
    if not sets:
        raise UsageError("verification needs at least one set of inputs")
    if unknown := set(kernels) - set(_ORDER):
        raise UsageError(f"kernels {', '.join(sorted(unknown))} are unknown; use some of {', '.join(_ORDER)}")
    check_shapes(model, sets[0])
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
                wanted.add("optimised")
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
        # At cut N a head may list an output twice, or a constant: neither travels.
        made = model.outputs if k == len(model.operators) else model.live(k)
        given = [dict(zip(made, arrays, strict=True)) for arrays in _run_all(open_runner(head, name), sets)]
        travelling = [[arrays[index] for index in model.live(k)] for arrays in given]
        return _compare_all(_run_all(open_runner(tail, name), travelling), expected)
    except (KernelsError, InputError) as error:
        return Difference(0, 0, 0.0, str(error))


def _run_all(runner: Runner, sets: Sequence[Inputs]) -> list[list[Array]]:
    # TFLM finds out while it runs that a kernel lacks a type, and says which on the terminal.
    with captured_stderr() as printed:
        try:
            return [runner.run(arrays) for arrays in sets]
        except KernelsError as error:
            printed.claim()
            failed = str(error)
    raise KernelsError(f"{failed} {printed.reason()}".rstrip())


def _compare_all(seen: list[list[Array]], expected: list[list[Array]]) -> Difference:
    return sum((compare(left, right) for left, right in zip(seen, expected, strict=True)), NOTHING)
