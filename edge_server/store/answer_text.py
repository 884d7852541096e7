"""An answer as a short JSON text, for the history."""

from __future__ import annotations

import json

from cutpoint.answer import Answer, Centroids, Classes
from edge_server.store.records import MOST_TEXT

_MOST_OBJECTS = 8
_MOST_CLASSES = 3


def answer_text(answer: Answer | None) -> str | None:
    """What was found: the number of objects and the first of them, the best classes, or the sizes of raw tensors.

    Scores have three digits. At most 1024 characters; None without an answer.
    """
    if answer is None:
        return None
    said: dict[str, object]
    if isinstance(answer, Centroids):
        said = {
            "objects": len(answer.items),
            "first": [[one.label, round(one.score, 3), one.x, one.y] for one in answer.items[:_MOST_OBJECTS]],
        }
    elif isinstance(answer, Classes):
        said = {"classes": [[one.label, round(one.score, 3)] for one in answer.items[:_MOST_CLASSES]]}
    else:
        said = {"raw_bytes": [len(tensor.data) for tensor in answer.tensors[:_MOST_OBJECTS]]}
    text = json.dumps(said, separators=(",", ":"), allow_nan=False, default=str)
    return text if len(text) <= MOST_TEXT else None
