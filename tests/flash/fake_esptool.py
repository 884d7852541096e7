"""Stands in for esptool where a board would be needed. It prints what esptool 5.6 prints and ends as it ends.

$FAKE_ESPTOOL is a JSON file: `port` -> a board {chip, mac, flash, fail?}, or a failure by name; `log` gets every call,
with the command lines in /proc of all our processes and the content of each file that is to be written; `memory` is a
file with the flash that read-flash reads.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

FAILURES = {
    "missing": (
        "A fatal error occurred: Could not open {port}, the port is busy or doesn't exist.\n([Errno 2] could not open "
        "port {port}: [Errno 2] No such file or directory: '{port}')\n\nHint: Check if the port is correct and ESP "
        "connected"
    ),
    "busy": (
        "A fatal error occurred: Could not open {port}, the port is busy or doesn't exist.\n([Errno 11] Could not "
        "exclusively lock port {port}: [Errno 11] Resource temporarily unavailable)"
    ),
    "forbidden": (
        "A fatal error occurred: Could not open {port}, the port is busy or doesn't exist.\n([Errno 13] could not open "
        "port {port}: [Errno 13] Permission denied: '{port}')"
    ),
    "silent": "A fatal error occurred: Failed to connect to Espressif device: No serial data received.",
    "running": (
        "A fatal error occurred: Failed to connect to ESP32: Wrong boot mode detected (0x13)! The chip needs to be in "
        "download mode."
    ),
    "no ports": "A fatal error occurred: No serial ports found. Check the connection and the device drivers.",
    "nobody": (
        "A fatal error occurred: Could not connect to an Espressif device on any of the 1 available serial ports."
    ),
    "dropped": "A serial exception error occurred: device reports readiness to read but returned no data",
    "stopped": "A fatal error occurred: The chip stopped responding.",
    "other chip": "A fatal error occurred: This chip is ESP32-S3, not ESP32. Wrong chip argument?",
    "md5": "A fatal error occurred: MD5 of file does not match data in flash!",
    "strange": "A fatal error occurred: The moon is in the wrong quarter.",
}


def main() -> int:
    case = json.loads(Path(os.environ["FAKE_ESPTOOL"]).read_text())
    words = sys.argv[1:]
    if words == ["version"]:
        print(f"esptool v{case.get('version', '5.6.0')}\n{case.get('version', '5.6.0')}")
        return 0
    port = words[words.index("--port") + 1] if "--port" in words else None
    log(case, words)
    print(f"esptool v5.6.0\nSerial port {port or next(iter(case['ports']))}:")
    board = case["ports"].get(port) if port else next(iter(case["ports"].values()))
    if board is None or isinstance(board, str):
        return fail(board or "missing", port)
    if "flash-id" in words and "fail" in board and board.get("at", "connect") == "connect":
        return fail(board["fail"], port)
    print(f"Connecting....\nConnected to {board['chip']} on {port or next(iter(case['ports']))}:")
    print(
        f"Chip type:          {board['chip']} (revision v3.1)\nMAC:                {board['mac']}\n",
        flush=True,
    )
    if "flash-id" in words:
        print(
            f"Flash Memory Information:\n=========================\nDetected flash size: {board['flash']}\n"
        )
    elif "read-flash" in words:
        at = words.index("read-flash")
        address, size, path = int(words[at + 1], 0), int(words[at + 2], 0), Path(words[at + 3])
        path.write_bytes(Path(case["memory"]).read_bytes()[address : address + size])
        print(f"Read {size} bytes from {address:#010x} in 0.1 seconds (1 kbit/s) to '{path}'.")
    elif "write-flash" in words:
        return write(case, board, words, port)
    return 0


def write(case: dict, board: dict, words: list[str], port: str | None) -> int:
    at = next(i for i, word in enumerate(words) if word.startswith("0x"))
    pairs = list(zip(words[at::2], words[at + 1 :: 2], strict=True))
    memory = bytearray(Path(case["memory"]).read_bytes()) if "memory" in case else None
    for number, (where, name) in enumerate(pairs):
        data, address = Path(name).read_bytes(), int(where, 0)
        for percent in (0.0, 50.0, 100.0):
            print(
                f"Writing at {address + int(len(data) * percent / 100):#010x} [==>  ] {percent:.1f}% 1/2 bytes...",
                flush=True,
            )
            if board.get("wait"):
                Path(case["log"] + ".waiting").touch()
                time.sleep(board["wait"])
        if "fail" in board and number == board.get("part", 0):
            return fail(board["fail"], port)
        if memory is not None:
            memory[address : address + len(data)] = data
        print(f"Wrote {len(data)} bytes ({len(data)} compressed) at {where} in 0.1 seconds (1 kbit/s).")
        if number != board.get("unverified", -1):
            print("Hash of data verified.")
    if memory is not None:
        Path(case["memory"]).write_bytes(memory)
    print("\nHard resetting via RTS pin...")
    return 0


def fail(name: str, port: str | None) -> int:
    print("ERROR: " + FAILURES[name].format(port=port), file=sys.stderr)
    return 2


def log(case: dict, words: list[str]) -> None:
    lines = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(entry.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue
    paths = [Path(word) for word in words if word.endswith(".bin") and Path(word).is_file()]
    files = {str(path): path.stat().st_mode & 0o777 for path in paths}
    with Path(case["log"]).open("a") as file:
        file.write(json.dumps({"words": words, "processes": lines, "modes": files}) + "\n")


if __name__ == "__main__":
    sys.exit(main())
