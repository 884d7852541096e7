"""Settings for chunks that may be lost and for boards without time: levels in even bits, and rANS in slices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cutpoint.codec import Activity, CodecId, Prediction
from host_tools.calibration.candidate import Candidate, Family, block_budget, setting_of
from host_tools.calibration.importance import channel_order
from host_tools.calibration.levels import packed, values_at
from host_tools.calibration.models import Shape, fit_sliced, symbols_of
from host_tools.calibration.quantisers import levels_of
from host_tools.calibration.search import CutSearch, Judged, kept

SLICES: Final = 4
MOST_ORDERED: Final = 256
"""Channels that an order may have."""


def search_sliced(search: CutSearch, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Slices of channels by importance, for a small and a middling one of what `search_levels` found."""
    orders = _orders(search)
    made = []
    for one in candidates[1::3][:2] or candidates[:1]:
        search.told(f"sliced {one.what}")
        models = []
        modelled = search.modelled()
        for place, quantiser in enumerate(one.quantisers):
            order = orders[place]
            if order is None or len(order) < SLICES:
                break
            count = len(quantiser.to_value)
            levels = levels_of(modelled.elements[place], quantiser)
            symbols = symbols_of(levels, count, quantiser.zero_level, Prediction.NONE, Activity.MAGNITUDE)
            options = (
                fit_sliced(
                    symbols,
                    Shape(Prediction.NONE, Activity.MAGNITUDE, contexts),
                    _even_slices(order),
                    block_budget(search.activations, count),
                )
                for contexts in (1, 2)
            )
            fitted = [option for option in options if option is not None]
            if not fitted:
                break
            models.append(min(fitted, key=lambda one: one.price))
        else:
            made.append(
                Candidate(
                    setting_of(
                        search.activations,
                        CodecId.RANS,
                        one.quantisers,
                        [(model.model,) for model in models],
                    ),
                    Family.SLICED,
                    f"{SLICES} slices, {one.what}",
                    False,
                    sum(model.frame_bytes for model in models),
                    one.quality,
                )
            )
    return made


def search_packed(search: CutSearch) -> list[Candidate]:
    """Levels in even bits, channels by importance where the cut has few enough of them."""
    judged = []
    for bits, levels in packed(values_at(search.activations)):
        search.told(levels.what)
        size = sum(2 + -(-tensor.bytes * bits // 8) for tensor in search.activations.tensors)
        judged.append(Judged(levels, size, search.of_levels(levels)))
    orders = _orders(search)
    return [
        Candidate(
            setting_of(
                search.activations,
                CodecId.LOWBIT,
                one.levels.quantisers,
                [() for _ in one.levels.quantisers],
                orders,
            ),
            Family.LOWBIT,
            one.levels.what,
            False,
            one.frame_bytes,
            one.quality,
        )
        for one in kept(search, judged, Family.LOWBIT)
    ]


def _orders(search: CutSearch) -> list[bytes | None]:
    return [
        channel_order(search.tail, search.activations, place) if tensor.planes[2] <= MOST_ORDERED else None
        for place, tensor in enumerate(search.activations.tensors)
    ]


def _even_slices(order: bytes) -> list[list[int]]:
    """Channels in their order, in `SLICES` runs of about as many."""
    return [
        list(order[len(order) * number // SLICES : len(order) * (number + 1) // SLICES])
        for number in range(SLICES)
    ]
