"""What a decision may never do, whatever the policy prefers."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

from cutpoint.plan.errors import PolicyError
from cutpoint.plan.figure import LONGEST_US, refusal
from cutpoint.plan.setting import MOST_POINTS


@dataclass(frozen=True, slots=True)
class Limits:
    """Constraints of one device.

    smallest_cut  cuts below it are refused: pixels, or what can be turned back into them, never leave
    ram_bytes     heads whose arena is known to be larger are refused; an unknown arena is not
    latency_us    rows expected above it are refused as long as any row keeps it
    max_loss      points of the task's metric that a codec may cost; 0: only codecs that change no bit
    """

    smallest_cut: int = 0
    ram_bytes: int | None = None
    latency_us: float | None = None
    max_loss: float = 0.0

    def __post_init__(self) -> None:
        if refusal(self.smallest_cut, 0, 1 << 16) is not None:
            raise PolicyError(f"smallest_cut is {self.smallest_cut!r}; expected a cut from 0 up")
        if self.ram_bytes is not None and refusal(self.ram_bytes, 0, 1 << 40) is not None:
            raise PolicyError(f"ram_bytes is {self.ram_bytes!r}; expected bytes from 0 up")
        if self.latency_us is not None and refusal(self.latency_us, 1.0, LONGEST_US) is not None:
            raise PolicyError(
                f"latency_us is {self.latency_us!r}; expected microseconds from 1 to ten minutes"
            )
        if refusal(self.max_loss, 0.0, MOST_POINTS) is not None:
            raise PolicyError(
                f"max_loss is {self.max_loss!r}; expected points of the task's metric from 0 to 100"
            )


def loss_points(written: object) -> float:
    """Points of a loss as a person writes them: 0.5, "0.5", "1pp", "1%". Raises PolicyError for anything else."""
    text = str(written).strip().removesuffix("pp").removesuffix("%").strip()
    try:
        points = float(text)
    except ValueError:
        points = nan
    if isinstance(written, bool) or not 0.0 <= points <= MOST_POINTS:
        raise PolicyError(f"{written!r} is no loss; write points from 0 to 100, such as 0.5, 1pp or 1%")
    return points
