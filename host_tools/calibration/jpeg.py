"""The input picture as JPEG, at cut 0: the one lossy codec that needs no tables."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Final

from cutpoint.graph import Bundle
from cutpoint.graph.codecs_entry import JpegEntry
from cutpoint.picture import input_tensors, jpeg_of, picture_of
from host_tools.calibration.data import Example
from host_tools.calibration.exact import open_exact
from host_tools.calibration.task import Task
from host_tools.picture_size import picture_shape, scan_bytes

QUALITIES: Final = (10, 25, 50, 75, 90)


def takes_pictures(bundle: Bundle) -> bool:
    """Whether the only input is a quantised picture."""
    model = bundle.model()
    return picture_shape(model) is not None and input_tensors(model)[0].dtype.kind in "iu"


def measure_jpeg(
    bundle: Bundle, examples: Sequence[Example], task: Task, told: Callable[[], None] = lambda: None
) -> tuple[JpegEntry, ...]:
    """Bytes and loss at each quality; a picture goes through a file and the whole model, exactly.

    told is called after each quality.
    """
    (tensor,) = input_tensors(bundle.model())
    runner = open_exact(bundle.full)
    entries = []
    for quality in QUALITIES:
        sizes, headers, answers = [], [], []
        for example in examples:
            data = jpeg_of(tensor.to_picture(example.sample.arrays[0]), quality)
            sizes.append(len(data))
            headers.append(len(data) - scan_bytes(data))
            answers.append(bundle.answer_rule.decode(runner.run([tensor.of_picture(picture_of(data))])))
        seen = task.quality(answers)
        entries.append(
            JpegEntry(
                quality=quality,
                mean_bytes=round(statistics.fmean(sizes), 1),
                header_bytes=round(statistics.median(headers)),
                loss=round(seen.loss, 3),
                margin=round(seen.margin, 3),
                agreement=round(seen.agreement, 5),
            )
        )
        told()
    return tuple(entries)
