"""`python -m host_tools.hil.software_board`: console on standard input and output."""

from __future__ import annotations

import argparse
from pathlib import Path

from cutpoint.graph import Bundle
from host_tools.hil.software_board.board import SoftwareBoard, ignore_interrupts


def main() -> None:
    """Run a board until its input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", required=True)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--root", default="cutpoint/1")
    given = parser.parse_args()
    ignore_interrupts()
    SoftwareBoard(
        given.id, Bundle.open(given.bundle), given.host, given.port, given.folder, root=given.root
    ).run()


if __name__ == "__main__":
    main()
