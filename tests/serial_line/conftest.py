from __future__ import annotations

from collections.abc import Iterator

import pytest
from board_line import BoardLine


@pytest.fixture
def board_line() -> Iterator[BoardLine]:
    line = BoardLine()
    yield line
    line.unplug()
