"""The network in two halves at every measured cut: heads run once for each picture, tails as often as asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from cutpoint.answer import Answer
from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from cutpoint.kernels import Kernels, Runner, open_runner
from host_tools.calibration.data import Example, Truth
from host_tools.calibration.exact import open_exact

Array = npt.NDArray[Any]
Live = tuple[Array, ...]
"""The tensors alive at a cut, of one picture, in the order in which they travel."""


class Halves:
    """Live tensors of every picture at some cuts, and answers from them.

    Heads have the bits of a device; each operator runs once for a picture, since the head of a later cut goes on from
    the cut before it. Tails run under the kernels that are asked for: "reference" is exact, too.
    """

    def __init__(self, bundle: Bundle, examples: Sequence[Example], cuts: Sequence[int]) -> None:
        """cuts: besides 0, which is always there. Raises UsageError for a cut that the network has not."""
        wrong = [cut for cut in cuts if not 0 <= cut <= bundle.n]
        if wrong:
            raise UsageError(f"cut {wrong[0]} is not there: this network has the cuts 0 to {bundle.n}")
        self.bundle = bundle
        self.cuts = tuple(sorted({0, *cuts}))
        known = tuple(example.truth for example in examples if example.truth is not None)
        self.truths: tuple[Truth, ...] | None = known if len(known) == len(examples) else None
        """Of every picture; None unless all have one."""
        self._model = bundle.model()
        self._tails: dict[tuple[int, Kernels], Runner] = {}
        steps = [
            open_exact(self._model.extract(first, last))
            for first, last in zip(self.cuts, self.cuts[1:], strict=False)
        ]
        self._live: dict[int, list[Live]] = {cut: [] for cut in self.cuts}
        for example in examples:
            here: Sequence[Array] = example.sample.arrays
            self._live[0].append(tuple(here))
            for cut, step in zip(self.cuts[1:], steps, strict=True):
                here = step.run(list(here))
                self._live[cut].append(tuple(here))

    def live(self, cut: int) -> list[Live]:
        """The tensors alive at a cut, picture by picture."""
        return self._live[cut]

    def answers(self, cut: int, frames: Sequence[Live], kernels: Kernels) -> list[Answer]:
        """What the edge answers to these tensors; at cut N what they mean as they are."""
        rule = self.bundle.answer_rule
        if cut == self.bundle.n:
            return [rule.decode(list(frame)) for frame in frames]
        if (cut, kernels) not in self._tails:
            tail = self._model.extract(cut, self.bundle.n)
            self._tails[cut, kernels] = (
                open_exact(tail) if kernels == "reference" else open_runner(tail, kernels)
            )
        runner = self._tails[cut, kernels]
        return [rule.decode(runner.run(list(frame))) for frame in frames]
