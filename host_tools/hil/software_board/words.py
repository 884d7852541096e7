"""What the firmware's console asks of its board, answered for a board in software."""

from __future__ import annotations

import json
from typing import Protocol


class Board(Protocol):
    """As far as its console acts upon it."""

    cut: int
    input: str

    def print(self, line: str) -> None: ...
    def status(self) -> dict[str, object]: ...
    def restart(self, reason: str) -> None: ...
    def hang(self) -> None: ...
    def keep(self, key: str, text: str) -> None: ...


class BoardWords:
    """What the firmware's console asks of its board."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self.line = board.print
        self.hang = board.hang

    def status(self) -> str:
        return f"@status {json.dumps(self._board.status())}"

    def cut(self, order: str, operators: int) -> str:
        return (
            f"cut {self._board.cut}" if order == "show" else "error: a board in software only follows plans"
        )

    def bench(self, inferences: int) -> str:
        return "error: a board in software has this PC's tempo, which says nothing of a board's"

    def wifi(self) -> str:
        return "this PC's network"

    def mqtt(self) -> str:
        return f"the broker: {self._board.status()['state']}"

    def model(self) -> str:
        return f"model {self._board.status()['model']}"

    def set_log(self, level: str) -> None:
        """Nothing is logged."""

    def restart(self) -> None:
        self._board.restart("software")

    def changed(self, key: str, text: str) -> None:
        """Input follows at once, as on a board; the rest with the next life."""
        if key == "input":
            self._board.input = text

    def saved(self) -> None:
        """There are no early deaths to forgive."""

    def save(self, key: str, text: str) -> str | None:
        self._board.keep(key, text)
        return None
