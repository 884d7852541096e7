"""Memory per cut and per board, as tables and as JSON: what `cutpoint split` and `cutpoint cuts` say of it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from cutpoint.wire import cuts_text
from host_tools.cli.output import console
from host_tools.memory import BOARDS, EngineFit, NetworkNeed, fit


def memory_json(need: NetworkNeed) -> dict[str, object]:
    """By cut and by board, with the basis of each board's figure."""
    return {
        "picture_bytes": need.picture_bytes,
        "line_bytes": need.line_bytes,
        "streamed": need.streamed,
        "not_streamed": need.why,
        "cuts": [
            {"cut": cut.k, "tflm": cut.tflm, "stream": cut.stream, "stream_on": cut.stream_on}
            for cut in need.cuts
        ],
        "boards": [
            {
                "name": board.name,
                "block_bytes": board.block_bytes,
                "basis": board.basis,
                "psram_bytes": board.psram_bytes,
                "tflm": fitted.tflm,
                "stream": fitted.stream,
            }
            for board, fitted in ((board, fit(need, board)) for board in BOARDS)
        ],
    }


def show_memory(need: NetworkNeed, kinds: Sequence[str]) -> None:
    """A row a cut, what they mean, then a row a board. kinds: of the operators."""
    cuts = Table(title="RAM per cut, bytes")
    for heading in ("cut", "TFLM arena", "Stream block", "and going on"):
        cuts.add_column(heading, justify="right")
    cuts.add_column("after operator")
    for cut in need.cuts[: need.on_board + 1]:
        sizes = ("-" if size is None else f"{size:,}" for size in (cut.tflm, cut.stream, cut.stream_on))
        cuts.add_row(str(cut.k), *sizes, kinds[cut.k - 1] if cut.k else "(input)")
    console.print(cuts)
    if need.picture_bytes is None:
        console.say(f"Stream: {need.why or 'no operators are on board'}")
    else:
        console.say(
            f"TFLM's arena holds the picture. Stream's block does not: it takes {need.picture_bytes:,} B beside it, or "
            f"{need.line_bytes:,} B where it comes line by line. Going on: from the cut to the end, after a missed "
            "deadline."
        )
        if need.why is not None:
            console.say(f"Stream runs operators [0, {need.streamed}): {need.why}")
    boards = Table(title="operators that a board has the RAM for")
    boards.add_column("board")
    boards.add_column("block", justify="right")
    for heading in ("basis", "PSRAM", "TFLM", "Stream"):
        boards.add_column(heading)
    for board in BOARDS:
        fitted = fit(need, board)
        psram = f"{board.psram_bytes >> 20} MB" if board.psram_bytes else ""
        words = (fit_words(one, need.on_board) for one in (fitted.tflm, fitted.stream))
        boards.add_row(board.name, f"{board.block_bytes:,}", board.basis, psram, *words)
    console.print(boards)
    console.say(
        "block: the largest that a model can have inside the chip, bytes. Stream's block and picture are to fit it."
    )


def fit_words(fitted: EngineFit, on_board: int) -> str:
    """How much of the operators on board an engine holds, where, and which cuts it then cannot take."""
    if fitted.operators == 0:
        return "none"
    words = f"{fitted.operators} of {on_board}{' in PSRAM' if fitted.place == 'psram' else ''}"
    missing = sorted(set(range(fitted.operators + 1)).difference(fitted.cuts))
    if not missing:
        return words
    return f"{words}, not cut{'s' if len(missing) > 1 else ''} {cuts_text(missing)}"
