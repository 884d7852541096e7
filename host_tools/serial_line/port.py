"""Open a serial port: a device's name, or a URL of pyserial (socket://HOST:PORT, rfc2217://HOST:PORT)."""

from __future__ import annotations

import errno
import time
from typing import Protocol

from cutpoint.errors import UsageError
from host_tools.flash import BoardError

BAUD = 115200
READ_TIMEOUT_S = 0.1
WRITE_TIMEOUT_S = 5.0
RESET_S = 0.1
"""How long EN is held low; the boards' RC on EN needs a few ms (esptool holds it as long)."""


class LinePort(Protocol):
    """What is used of a port; every call may raise OSError when the board is gone."""

    @property
    def in_waiting(self) -> int: ...
    def read(self, size: int = 1) -> bytes: ...
    def write(self, data: bytes) -> int | None: ...
    def close(self) -> None: ...


def open_port(name: str, baud: int = BAUD) -> LinePort:
    """Open a port without resetting the board behind it; reads end after 0.1 s at the latest.

    Raises:
        UsageError: pyserial is not installed, or the name is no port and no URL.
        BoardError: no such port, no right to it, or another program has it.
    """
    try:
        import serial
    except ImportError as error:
        raise UsageError("serial lines need pyserial: pip install 'cutpoint[board]'") from error
    try:
        port = serial.serial_for_url(
            name, baud, timeout=READ_TIMEOUT_S, write_timeout=WRITE_TIMEOUT_S, do_not_open=True
        )
        if "://" not in name:
            port.exclusive = True
            # Set before opening: either line asserted alone would reset a board, or hold it in its ROM.
            port.dtr = port.rts = False
        port.open()
    except ValueError as error:
        raise UsageError(
            f"{name!r} is no serial port and no socket:// or rfc2217:// address: {error}"
        ) from error
    except (OSError, serial.SerialException) as error:
        raise why_not_open(name, error) from error
    opened: LinePort = port
    return opened


def why_not_open(name: str, error: Exception) -> BoardError:
    """What a failed opening means, as a sentence."""
    number = getattr(error, "errno", None)
    text = str(error)
    if number == errno.ENOENT or "No such file" in text or "FileNotFoundError" in text:
        return BoardError(
            f"{name} does not exist; connect the board, and see what is there with: cutpoint doctor"
        )
    if number == errno.EACCES or "Permission denied" in text or "PermissionError" in text:
        return BoardError(
            f"no right to use {name}; on Linux add yourself to its group (sudo usermod -aG dialout $USER) and log in "
            "again"
        )
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in text or "busy" in text:
        return BoardError(
            f"{name} is busy: another program has it open; end that monitor or IDE and try again"
        )
    return BoardError(f"cannot open {name}: {text}")


def read_some(port: LinePort) -> bytes:
    """What has come, at once; waits up to 0.1 s for the first byte and gives none after that.

    Never asks for more than is there: a port that breaks while pyserial waits for the rest takes along what it had.
    """
    return port.read(max(1, port.in_waiting))


def reset_board(port: LinePort) -> None:
    """Restart the board over RTS (wired to EN on development boards), with DTR (GPIO0) released so that it boots.

    Raises:
        BoardError: the line has no such signals (a pseudo-terminal, a plain socket).
    """
    if not hasattr(port, "rts") or not hasattr(port, "dtr"):
        raise BoardError("this line has no DTR and RTS to restart a board with; press its RESET (EN)")
    try:
        port.dtr = False
        port.rts = True
        time.sleep(RESET_S)
        port.rts = False
    except OSError as error:
        raise BoardError(
            f"this line has no DTR and RTS to restart a board with ({error}); press its RESET (EN)"
        ) from error
