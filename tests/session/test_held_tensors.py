"""A session reads live tensors while its chunks are pulled, long after the call that gave them."""

from __future__ import annotations

import numpy as np
import pytest

from cutpoint import _core
from cutpoint.wire import Activation, DType, Receiver


@pytest.mark.parametrize("form", ["bytes", "array"])
def test_tensors_outlive_the_references_of_the_caller(form: str) -> None:
    config = _core.SessionConfig(
        model_id=b"abcd", boot=1, operators=25, on_board=25, cut=6, chunk_bytes=512, about="{}"
    )
    rng = np.random.default_rng(0)
    for _ in range(20):
        session = _core.Session(config, _core.MonotonicClock())
        session.connected()
        while session.poll() is not None:
            pass
        session.input()
        assert isinstance(session.poll(), _core.Run)
        tensor = rng.integers(-128, 128, 4608, dtype=np.int8)
        given = tensor.tobytes() if form == "bytes" else tensor.copy()
        session.ran(0, 6, True, [1] * 6, [(7, int(DType.INT8), given, 0)])
        del given
        receiver, message = Receiver(), None
        while (action := session.poll()) is not None:
            overwritten = [rng.bytes(4608) for _ in range(3)]
            message = receiver.push(action.payload) or message
            del overwritten
        assert isinstance(message, Activation)
        assert bytes(message.tensors[0].data) == tensor.tobytes()
