"""What a device would compute, computed once: exactly what the whole network gives, at every cut."""

from __future__ import annotations

import numpy as np
import pytest

from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from cutpoint.kernels import open_runner
from cutpoint.wire import ModelId, Result, Status, encode
from host_tools.load.recording import Recording


def test_the_tail_makes_the_recorded_answer_of_the_recorded_tensors(
    bundle: Bundle, recording: Recording
) -> None:
    for cut in (0, 3, bundle.n // 2, bundle.n - 1):
        tail = open_runner(bundle.model().split(cut)[1], "reference")
        for recorded in recording.pictures:
            arrays = [
                np.frombuffer(data, spec.dtype).reshape(spec.shape)
                for (_, _, data, _), spec in zip(recorded.live[cut], tail.inputs, strict=True)
            ]
            assert bundle.answer_rule.decode(tail.run(arrays)) == recorded.answer


def test_pictures_have_different_answers_so_that_a_mix_up_shows(recording: Recording) -> None:
    assert len({recorded.right for recorded in recording.pictures}) == len(recording.pictures)


def test_a_right_answer_is_known_whatever_its_header_says(bundle: Bundle, recording: Recording) -> None:
    right, other = recording.pictures[0].answer, recording.pictures[1].answer
    model = ModelId(bundle.model_id)
    (frame,) = encode(Result(model, 99, 12, 5, Status.OK, 12345, right))
    assert recording.same_answer(0, frame)
    assert not recording.same_answer(1, frame)
    (wrong,) = encode(Result(model, 99, 12, 5, Status.OK, 12345, other))
    assert not recording.same_answer(0, wrong)
    (refused,) = encode(Result(model, 99, 12, 5, Status.OVERLOADED, 1, None))
    assert not recording.same_answer(0, refused)


def test_a_board_that_states_no_times_is_refused(bundle: Bundle) -> None:
    with pytest.raises(UsageError, match="name a board"):
        Recording.of(bundle, profile="host")
    with pytest.raises(UsageError, match="give 1 to 255"):
        Recording.of(bundle, count=0)
