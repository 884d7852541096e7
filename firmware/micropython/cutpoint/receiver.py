"""Chunks in any order become messages again, in a buffer of fixed size."""

from cutpoint.frame import ENCRYPTED, FrameError, newer, open_frame

STALE_BEFORE_GIVING_UP = 32


class Receiver:
    """Keeps one unfinished message. Of one chunk, a message never touches the buffer."""

    def __init__(self, capacity):
        self._buffer = bytearray(capacity)
        self._capacity = capacity
        self._stale = 0
        self.reset()

    def reset(self):
        """Forget what was collected."""
        self._header = None
        self._seen = None
        self._chunk = 0  # bytes of every chunk but the last, 0 until known
        self._last = 0  # bytes of the last chunk, 0 until it came
        self._left = 0

    def push(self, frame):
        """(Header, payload) when `frame` completes a message, None while chunks are missing; raises FrameError.

        The payload points into `frame` or into the buffer: use it before the next push.
        """
        header, payload = open_frame(frame)
        if header.flags & ENCRYPTED:
            raise FrameError("encrypted")
        belongs = self._header is not None and self._header.message() == header.message()
        if self._header is not None and not belongs and _older(header, self._header):
            self._stale += 1
            if self._stale < STALE_BEFORE_GIVING_UP:
                raise FrameError("stale")
        if belongs and self._seen[header.index >> 3] >> (header.index & 7) & 1:
            if self._held(header.index) == payload:
                raise FrameError("duplicate")
            # Other content under the same names: plans carry no sequence, so this is the next message.
            belongs = False
        if header.count == 1:
            return self._finish(header, payload)
        self._check_size(header, len(payload), belongs)
        if not belongs:
            self.reset()
            self._header = header
            self._seen = bytearray((header.count + 7) // 8)
            self._left = header.count
        self._place(header, payload)
        self._stale = 0
        if self._left:
            return None
        return self._finish(header, memoryview(self._buffer)[: self._chunk * (header.count - 1) + self._last])

    def _check_size(self, header, size, belongs):
        chunk, last = (self._chunk, self._last) if belongs else (0, 0)
        is_last = header.index == header.count - 1
        if not is_last and chunk and chunk != size:
            raise FrameError("length")
        full = chunk if is_last else size
        end = size if is_last else last
        if full and end > full:
            raise FrameError("length")
        # What has not come yet takes at least one byte a chunk.
        least_full, least_end = full or end, end or 1
        if least_end > self._capacity or (self._capacity - least_end) // (header.count - 1) < least_full:
            raise FrameError("oversized")

    def _place(self, header, payload):
        view = memoryview(self._buffer)
        before_last = header.count - 1
        if header.index == before_last:
            self._last = len(payload)
            at = self._chunk * before_last if self._chunk else self._capacity - len(payload)
        else:
            if not self._chunk:
                self._chunk = len(payload)
                if self._last:
                    # Held at the end until now. The regions may overlap, so through a copy of one chunk.
                    at = self._chunk * before_last
                    view[at : at + self._last] = bytes(view[self._capacity - self._last :])
            at = self._chunk * header.index
        view[at : at + len(payload)] = payload
        self._seen[header.index >> 3] |= 1 << (header.index & 7)
        self._left -= 1

    def _held(self, index):
        at, size = self._chunk * index, self._chunk
        if index == self._header.count - 1:
            size = self._last
            if not self._chunk:
                at = self._capacity - size
        return memoryview(self._buffer)[at : at + size]

    def _finish(self, header, payload):
        self.reset()
        self._stale = 0
        header.index = 0
        header.payload_bytes = len(payload)
        return header, payload


def _older(a, than):
    return newer(than.sequence, a.sequence) if a.boot == than.boot else newer(than.boot, a.boot)
