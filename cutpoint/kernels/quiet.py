"""Keep what native interpreters print on file descriptor 2 off the user's terminal, and hand it to the caller."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Descriptor 2 belongs to the whole process: two captures at a time would restore each other's descriptor.
_DESCRIPTOR = threading.Lock()

_NATIVE = re.compile(
    r"^(INFO|WARNING|ERROR|VERBOSE): |^[IWEF]\d{4} |^\[RecordingMicroAllocator\]|^WARNING: All log messages"
    r"|\.cc:\d+|^Node .*(failed|number)|^Failed to |^Didn't find op|^Arena |^Invoke\(\) called|^AllocateTensors"
    r"|^Couldn't allocate|^Tensor .* (type|of )|^Type .* not supported|Requested: \d+, available|^Unsupported"
)


class CapturedText:
    """Text printed while the capture was open; filled when it closes."""

    def __init__(self) -> None:
        self.text = ""
        self._claimed = False

    def claim(self) -> None:
        """Say that the interpreter failed: whatever was printed is its explanation, in words of its own."""
        self._claimed = True

    def reason(self) -> str:
        """First line that says why something failed, or an empty string."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        telling = [line for line in lines if not line.startswith(("INFO:", "VERBOSE:", "[Recording"))]
        return telling[0] if telling else ""

    def close(self, text: str) -> str:
        """Keep the interpreter's lines; returns those of others."""
        lines = text.splitlines(keepends=True)
        foreign = [] if self._claimed else [line for line in lines if not _NATIVE.search(line)]
        self.text = "".join(line for line in lines if self._claimed or _NATIVE.search(line))
        return "".join(foreign)


@contextmanager
def captured_stderr() -> Iterator[CapturedText]:
    """Redirect descriptor 2 for the time of the block.

    Lines that do not look like the interpreters' own (another thread's log, for instance) are written to the
    real descriptor when the block ends, unless the block claims all of them.
    """
    captured = CapturedText()
    with _DESCRIPTOR, tempfile.TemporaryFile() as sink:
        if sys.stderr is not None:
            sys.stderr.flush()
        try:
            saved = os.dup(2)
        except OSError:  # started with descriptor 2 closed: nothing can be printed there
            yield captured
            return
        try:
            os.dup2(sink.fileno(), 2)
            try:
                yield captured
            finally:
                os.dup2(saved, 2)
                sink.seek(0)
                foreign = captured.close(sink.read().decode("utf-8", errors="replace"))
                if foreign:
                    os.write(saved, foreign.encode())
        finally:
            os.close(saved)
