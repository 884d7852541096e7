"""An independent, slow reading of Edge Impulse's rule: boxes by origin and size, in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np


def slow_fomo(
    grid: Any, scale: float, zero_point: int, cell: int, threshold: float, fusion: str
) -> list[tuple[int, float, int, int, int, int]]:
    """Objects of an (H, W, C) grid, in order: (label, score, centre x, centre y, width, height)."""
    rows, columns, channels = grid.shape
    first_pass: list[dict[str, Any]] = []
    for y in range(rows):
        for x in range(columns):
            for channel in range(1, channels):
                score = _real(grid[y, x, channel], scale, zero_point)
                if score >= np.float32(threshold):
                    _place(
                        first_pass, {"x": x, "y": y, "w": 1, "h": 1, "s": score, "label": channel - 1}, fusion
                    )
    if fusion == "geometric":
        merged: list[dict[str, Any]] = []
        for box in first_pass:
            _place(merged, box, fusion)
        reports = [dict(box) for box in merged]
    else:
        survivors: list[dict[str, Any]] = []
        reports = []
        for box in first_pass:
            snapshot = dict(box)
            if _place(survivors, box, fusion):
                reports.append(snapshot)
    return [
        (
            box["label"],
            float(box["s"]),
            box["x"] * cell + box["w"] * cell // 2,
            box["y"] * cell + box["h"] * cell // 2,
            box["w"] * cell,
            box["h"] * cell,
        )
        for box in reports
    ]


def _real(value: Any, scale: float, zero_point: int) -> np.float32:
    if isinstance(value, np.floating):
        return np.float32(value)
    return np.float32(np.float32(int(value) - zero_point) * np.float32(scale))


def _place(boxes: list[dict[str, Any]], new: dict[str, Any], fusion: str) -> bool:
    """True when `new` stays a box of its own."""
    for old in boxes:
        if old["label"] != new["label"]:
            continue
        apart_x = old["x"] + old["w"] < new["x"] or new["x"] + new["w"] < old["x"]
        apart_y = old["y"] + old["h"] < new["y"] or new["y"] + new["h"] < old["y"]
        if apart_x or apart_y:
            continue
        for origin, size in (("x", "w"), ("y", "h")):
            far_old, far_new = old[origin] + old[size], new[origin] + new[size]
            if fusion == "geometric":
                near = min(old[origin], new[origin])
                old[origin], old[size] = near, max(far_old, far_new) - near
            else:
                if new[origin] < old[origin]:
                    old[origin] = new[origin]
                if far_new > old[origin] + old[size]:
                    old[size] = far_new - old[origin]
        old["s"] = max(old["s"], new["s"])
        return False
    boxes.append(new)
    return True
