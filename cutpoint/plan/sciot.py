"""SCIoT's cost formula, kept to the letter so that the two systems can be compared.

Source: UBICO/SCIoT, `offloading_algo.py`. Layer i here is cut i + 1 elsewhere in this project; its -1 is cut
N.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import isnan

import numpy as np

from cutpoint.plan.errors import PolicyError
from cutpoint.plan.figure import refusal

MOST = 1e300
NEAR = 1e-9


def _first_unfit(figures: list[float]) -> int | None:
    """Index of the first entry that is no finite figure from 0 up; usually three passes in C."""
    plain = {type(value) for value in figures} <= {float, int}
    if plain and min(figures) >= 0 and max(figures) <= MOST and not isnan(sum(figures)):
        return None
    return next((at for at, value in enumerate(figures) if refusal(value, 0.0, MOST) is not None), None)


def _listed(figures: Sequence[float]) -> list[float]:
    """Plain numbers: those of an array would make the costs an array's, in its precision."""
    return figures.tolist() if isinstance(figures, np.ndarray) else list(figures)


def costs(
    device_s: Sequence[float], edge_s: Sequence[float], layer_bytes: Sequence[float], bytes_per_s: float
) -> list[float]:
    """Expected seconds when the device runs layers 0..i and the edge the rest, for each i.

    costs[i] = sum(device_s[:i + 1]) + layer_bytes[i] / bytes_per_s + sum(edge_s[i + 1:])

    The last entry is device-only, which still pays for sending its own output. Edge-only is not a candidate.
    The sums are taken as the formula writes them, not as running sums: a running sum rounds differently, and
    a difference in the last bit decides a tie otherwise than SCIoT does.

    Raises PolicyError (a ValueError) when the three sequences are empty or of unequal length, when a figure
    is negative or not finite, or when the speed is not above 0 (SCIoT silently takes 0 as 1 byte/s).
    """
    device, edge, sizes = _checked(device_s, edge_s, layer_bytes, bytes_per_s)
    return [_cost(device, edge, sizes, bytes_per_s, i) for i in range(len(device))]


def choose(
    device_s: Sequence[float], edge_s: Sequence[float], layer_bytes: Sequence[float], bytes_per_s: float
) -> int:
    """Index of the cheapest layer to cut after; the lowest of equals. Raises as `costs` does."""
    return cheapest(device_s, edge_s, layer_bytes, bytes_per_s)[0]


def cheapest(
    device_s: Sequence[float],
    edge_s: Sequence[float],
    layer_bytes: Sequence[float],
    bytes_per_s: float,
    allowed: Sequence[bool] | None = None,
) -> tuple[int, float]:
    """The layer of the lowest entry of `costs`, the first of equals, and that entry. Raises as `costs` does.

    allowed   whether each layer may be cut after, one of them at least; None: all may
    Running sums find the layers that can be the cheapest, and the formula as it is written decides among those: the
    rounding errors of both together are a ten-thousandth of the margin.
    """
    device, edge, sizes = _checked(device_s, edge_s, layer_bytes, bytes_per_s)
    before = list(accumulate(device))
    behind = list(accumulate(reversed(edge)))[::-1]
    about = [
        own + sent / bytes_per_s + rest
        for own, sent, rest in zip(before, sizes, [*behind[1:], 0.0], strict=True)
    ]
    layers = range(len(about)) if allowed is None else [i for i, open_ in enumerate(allowed) if open_]
    most = min([about[i] for i in layers])
    most += NEAR * (before[-1] + behind[0] + most)
    # Not `<= most`: of figures whose sums are infinite, all are near.
    near = [i for i in layers if not about[i] > most]
    exact = [_cost(device, edge, sizes, bytes_per_s, i) for i in near]
    least = min(exact)
    return near[exact.index(least)], least


def _cost(device: list[float], edge: list[float], sizes: list[float], bytes_per_s: float, i: int) -> float:
    return sum(device[: i + 1]) + sizes[i] / bytes_per_s + sum(edge[i + 1 :])


def _checked(
    device_s: Sequence[float], edge_s: Sequence[float], layer_bytes: Sequence[float], bytes_per_s: float
) -> tuple[list[float], list[float], list[float]]:
    device, edge, sizes = _listed(device_s), _listed(edge_s), _listed(layer_bytes)
    n = len(device)
    if n == 0 or len(edge) != n or len(sizes) != n:
        raise PolicyError(
            f"device_s, edge_s, layer_bytes have {n}, {len(edge)}, {len(sizes)} entries; expected one a layer"
        )
    for name, figures in (("device_s", device), ("edge_s", edge), ("layer_bytes", sizes)):
        at = _first_unfit(figures)
        if at is not None:
            raise PolicyError(f"{name}[{at}] is {figures[at]!r}; expected a finite figure from 0 up")
    if refusal(bytes_per_s, 0.0, MOST) is not None or bytes_per_s == 0:
        raise PolicyError(f"bytes_per_s is {bytes_per_s!r}; expected a finite speed above 0")
    return device, edge, sizes
