"""The demonstration's pictures, what is on them, and what the whole network says about each."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from cutpoint.answer import Answer
from cutpoint.answer.score import Box
from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from cutpoint.kernels import Kernels, available, open_runner
from cutpoint.picture.input_tensor import input_tensors
from host_tools.device.sources import Sample, read_picture

LABELS = "labels.json"


@dataclass(frozen=True, slots=True)
class Exam:
    """One picture: the input, the objects on it, and the answer of the whole network run in one piece."""

    sample: Sample = field(repr=False)
    objects: tuple[Box, ...]
    whole: Answer


def whole_kernels() -> Kernels:
    """What the whole network is run with: the device's own kernels where they exist."""
    return "tflm" if "tflm" in available() else "reference"


def read_exams(bundle: Bundle, folder: Path, count: int) -> tuple[Exam, ...]:
    """Read `count` pictures of a folder with a `labels.json`, and run the whole network on each.

    Raises:
        UsageError: the folder does not hold that many labelled pictures.
    """
    try:
        entries = json.loads((folder / LABELS).read_text(encoding="utf-8"))
        labelled = [(entry["file"], [Box(**thing) for thing in entry["objects"]]) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{folder / LABELS} cannot be read as labels of pictures: {error}") from error
    if len(labelled) < count:
        raise UsageError(f"{folder} holds {len(labelled)} labelled pictures, {count} are needed")
    network = bundle.model()
    (tensor,) = input_tensors(network)
    runner = open_runner(network.data, whole_kernels())
    exams = []
    for name, objects in labelled[:count]:
        array = tensor.of_picture(read_picture(folder / name))
        whole = bundle.answer_rule.decode(runner.run([array]))
        exams.append(Exam(Sample(name, (array,)), tuple(objects), whole))
    return tuple(exams)
