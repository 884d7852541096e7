"""What esptool prints when it fails, as one sentence with what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence

from host_tools.flash.errors import BoardError

BOOT_MODE = "hold BOOT, press RESET (EN), let BOOT go, and try again; check that the cable carries data"

# Pattern over the whole output -> sentence; {port} is the port. The first that fits is told.
REASONS: tuple[tuple[str, str], ...] = (
    (
        r"This chip is (?P<seen>ESP[\w-]+), not (?P<wanted>ESP[\w-]+)",
        "wrong chip: {port} has an {seen}, the firmware is for {wanted}; connect another board, or build for this one",
    ),
    (
        r"Errno 13|Permission denied|PermissionError",
        "no right to use {port}; on Linux add yourself to its group (sudo usermod -aG dialout $USER) and log in again",
    ),
    (
        r"Errno 2\b|FileNotFoundError|No such file or directory",
        "{port} does not exist; connect the board, and see what is there with: cutpoint doctor",
    ),
    (
        r"exclusively lock|Resource busy|Resource temporarily unavailable|Errno 16|Errno 11\b",
        "{port} is busy: another program has it open; end that monitor or IDE and try again",
    ),
    (
        r"the port is busy or doesn't exist",
        "{port} is busy or does not exist; end other programs that use it",
    ),
    (
        r"No serial ports? (?:were )?found|Found 0 serial ports",
        "no board: this machine has no serial port; connect one with a cable that carries data",
    ),
    (
        r"Could not connect to an Espressif device on any",
        "no board answers on any serial port; " + BOOT_MODE + ", or name the port with --port",
    ),
    (
        r"Wrong boot mode detected",
        "the chip on {port} runs its program instead of waiting for a new one; " + BOOT_MODE,
    ),
    (r"No serial data received|Failed to connect to", "no board answers on {port}; " + BOOT_MODE),
    (
        r"MD5 of file does not match|written flash region is empty|Data in flash .* does not match|digest mismatch",
        "what was written to the board on {port} reads back differently; try a lower --baud, another cable or USB port",
    ),
    (
        r"stopped responding|Lost connection|readiness to read but returned no data|Input/output error|disconnected"
        r"|No more data to read|Device not configured|Failed to write to target flash|write timeout",
        "the connection to {port} broke while the board was written; nothing is lost: plug it in again, take a shorter "
        "cable or a lower --baud, and repeat the command",
    ),
    (
        r"will not fit in|exceeds (?:the )?(?:available )?flash|flash size .* (?:smaller|too small)",
        "flash too small: the board on {port} has less flash than the image needs; build for its size",
    ),
    (
        r"Secure Download Mode",
        "the chip on {port} is locked (secure download mode); this command cannot read it",
    ),
    (r"Failed to (?:set|change) baud", "{port} does not take this speed; try --baud 115200"),
)


def explain(lines: Sequence[str], port: str | None, code: int) -> BoardError:
    """The error that esptool's output means, on a port, with its exit code."""
    text = "\n".join(lines)
    where = port or _port_of(text) or "the board's port"
    for pattern, sentence in REASONS:
        if (match := re.search(pattern, text, re.IGNORECASE)) is not None:
            return BoardError(sentence.format(port=where, **match.groupdict()))
    said = [line for line in lines if re.search(r"error|fail", line, re.IGNORECASE)] or list(lines)
    last = said[-1].strip() if said else "nothing"
    return BoardError(f"esptool ended with code {code} on {where} and said: {last}")


def _port_of(text: str) -> str | None:
    match = re.search(r"^Serial port (\S+):", text, re.MULTILINE)
    return match[1] if match else None
