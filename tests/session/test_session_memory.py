"""A session runs for months: it holds no more after many inferences than after a few."""

from __future__ import annotations

import gc
import subprocess
import sys

import psutil
from device_session import DeviceSession, result

INFERENCES = 3000
ALLOWED_GROWTH_BYTES = 1 << 20


def infer(device: DeviceSession, count: int) -> None:
    for _ in range(count):
        sequence = device.session.input()
        (run,) = device.poll()
        device.ran(run, data=bytes(20_000))
        device.poll()
        device.session.frame(result(sequence, 2))
        assert device.finish().by == "edge"


def test_memory_stays_level_over_many_inferences() -> None:
    device = DeviceSession().connect()
    infer(device, 300)
    gc.collect()
    before = psutil.Process().memory_info().rss
    infer(device, INFERENCES)
    gc.collect()
    assert psutil.Process().memory_info().rss - before < ALLOWED_GROWTH_BYTES


def test_a_tensor_is_let_go_after_the_next_run() -> None:
    device = DeviceSession().connect()
    device.session.input()
    (run,) = device.poll()
    buffer = bytearray(100)
    device.ran(run, data=buffer)  # type: ignore[arg-type]
    device.poll()
    device.session.frame(result(1, 2))
    device.poll()
    device.session.input()
    (run,) = device.poll()
    device.ran(run)
    buffer.clear()  # a bytearray that somebody holds refuses this


def test_a_session_that_a_thread_holds_at_exit_is_no_warning() -> None:
    program = """
import threading
from cutpoint import _core

def hold():
    config = _core.SessionConfig(model_id=b"abcd", boot=1, operators=2, on_board=2, cut=0)
    session = _core.Session(config, _core.ManualClock())
    held.set()
    threading.Event().wait()
    session.tick()

held = threading.Event()
threading.Thread(target=hold, daemon=True).start()
held.wait(5)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""
