"""What a calibration is asked to do: at which cuts, with which codecs, within which loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from cutpoint.graph.codecs_entry import MOST_SETTINGS
from host_tools.calibration.candidate import Family
from host_tools.calibration.halves import travelling
from host_tools.calibration.still import SCENES

DEFAULT_MAX_LOSS: Final = 3.0
MOST_OF_A_CUT: Final = 25
MOST_CUTS: Final = MOST_SETTINGS // MOST_OF_A_CUT


@dataclass(frozen=True, slots=True)
class CalibrationPlan:
    """cuts, ascending; max_loss in points of the metric; scenes, seed: of still scenes."""

    cuts: tuple[int, ...]
    families: frozenset[Family] = frozenset(Family)
    max_loss: float = DEFAULT_MAX_LOSS
    seed: int = 1
    scenes: int = SCENES

    def __post_init__(self) -> None:
        if self.max_loss < 0:
            raise UsageError(f"a loss of at most {self.max_loss:g} points is none; give 0 or more")
        if not self.cuts or not self.families:
            raise UsageError("nothing is to be calibrated: name a cut and a codec")
        if len(self.cuts) > MOST_CUTS:
            raise UsageError(
                f"{len(self.cuts)} cuts are more than the tables hold with {MOST_OF_A_CUT} settings each; "
                f"give at most {MOST_CUTS} with --cuts"
            )


def chosen_cuts(bundle: Bundle, asked: Sequence[int] = ()) -> tuple[int, ...]:
    """Those asked for, or `worthwhile_cuts`. Raises UsageError where a cut cannot be calibrated, or none can."""
    for cut in asked:
        if not 0 <= cut <= bundle.max_cut:
            raise UsageError(
                f"cut {cut} does not exist on a board: {bundle.name} has the cuts 0 to {bundle.max_cut}"
            )
        if travelling(bundle, cut) is None:
            raise UsageError(f"at cut {cut} travels a tensor that is neither int8 nor uint8; it goes raw")
    cuts = tuple(sorted(set(asked))) or worthwhile_cuts(bundle)
    if not cuts:
        raise UsageError(
            f"no cut of {bundle.name} carries fewer bytes than its input; name one with --cuts if you mean it"
        )
    return cuts


def worthwhile_cuts(bundle: Bundle) -> tuple[int, ...]:
    """Cuts whose tensors are int8 or uint8 and smaller than the input, while none before has fewer bytes.

    Of equal ones all are: a later tensor may be easier to code. Cut N is none of them, since nothing is left to do
    behind it. Where there are too many, those of the fewest bytes, the earlier of equals.
    """
    least = bundle.cuts[0].bytes
    found = []
    for cut in bundle.cuts[1 : min(bundle.max_cut, bundle.n - 1) + 1]:
        if cut.bytes < bundle.cuts[0].bytes and cut.bytes <= least and travelling(bundle, cut.k):
            found.append(cut)
        least = min(least, cut.bytes)
    kept = sorted(found, key=lambda cut: (cut.bytes, cut.k))[:MOST_CUTS]
    return tuple(sorted(cut.k for cut in kept))
