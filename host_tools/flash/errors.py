"""Why a board could not be written or spoken to."""

from __future__ import annotations

from cutpoint.errors import CutpointError


class BoardError(CutpointError):
    """The board, its port or its flash is not what was needed; the sentence says what was seen and what to do."""
