"""Which board has the RAM for a network, under each engine; and that the README says so."""

from __future__ import annotations

from pathlib import Path

import pytest

import cutpoint
from cutpoint.graph import Bundle
from host_tools.cli.memory_tables import fit_words
from host_tools.memory import BOARDS, BoardMemory, CutNeed, EngineFit, NetworkNeed, fit

ROOT = Path(__file__).resolve().parents[2]
NETWORKS = ("fomo_digits", "fomo_digits_64")
PLAIN = BoardMemory("esp32dev", "esp32")
"""110,000 bytes in one block."""


def need(
    *cuts: tuple[int | None, int | None, int | None], picture: int | None = 10_000, streamed: int = 3
) -> NetworkNeed:
    """Of three operators: TFLM's arena, Stream's block, and with going on, of the cuts 0 to 3."""
    made = tuple(CutNeed(k, *sizes) for k, sizes in enumerate(cuts))
    return NetworkNeed(3, 3, made, streamed, None, picture, None if picture is None else 100)


def test_tflm_holds_the_operators_whose_arena_fits_and_then_takes_every_cut() -> None:
    made = fit(need((1, 1, 1), (50_000, 1, 1), (110_000, 1, 1), (110_001, 1, 1)), PLAIN)
    assert made.tflm == EngineFit(2, "internal", (0, 1, 2))


def test_stream_takes_the_cuts_whose_block_and_picture_fit_together() -> None:
    made = fit(need((1, 1, 50_000), (1, 1, 100_001), (1, 1, 100_000), (1, 50_000, 50_000)), PLAIN)
    assert made.stream == EngineFit(3, "internal", (0, 2, 3))


def test_a_network_whose_end_does_not_fit_is_streamed_up_to_where_it_does_and_goes_on_nowhere() -> None:
    made = fit(
        need((1, 1, 120_000), (1, 60_000, 120_000), (1, 30_000, 120_000), (1, 120_000, 120_000)), PLAIN
    )
    assert made.stream == EngineFit(2, "internal", (0, 1, 2))


def test_external_ram_is_taken_where_the_chips_own_is_too_small() -> None:
    large = [(200_000, 120_000, 120_000)] * 4
    assert fit(need(*large), PLAIN).tflm == EngineFit(0)
    assert fit(need(*large), PLAIN).stream == EngineFit(0)
    board = BoardMemory("esp32-cam", "esp32", 4 << 20)
    assert fit(need(*large), board).tflm == EngineFit(3, "psram", (0, 1, 2, 3))
    assert fit(need(*large), board).stream == EngineFit(3, "psram", (0, 1, 2, 3))


def test_what_nobody_measured_or_streams_fits_nowhere() -> None:
    unknown = need(*[(None, None, None)] * 4, picture=None, streamed=0)
    assert (fit(unknown, PLAIN).tflm, fit(unknown, PLAIN).stream) == (EngineFit(0), EngineFit(0))


def test_words_say_how_many_where_and_which_cuts_not() -> None:
    assert fit_words(EngineFit(0), 25) == "none"
    assert fit_words(EngineFit(3, "internal", (0, 1, 2, 3)), 25) == "3 of 25"
    assert fit_words(EngineFit(3, "psram", (0, 1, 2, 3)), 3) == "3 of 3 in PSRAM"
    assert fit_words(EngineFit(3, "internal", (0, 1, 3)), 3) == "3 of 3, not cut 2"
    assert fit_words(EngineFit(4, "internal", (0, 4)), 4) == "4 of 4, not cuts 1-3"


def test_the_boards_are_those_of_the_firmware() -> None:
    folder = ROOT / "firmware/esp32/boards"
    files = {path.name.removesuffix(".defaults"): path.read_text() for path in folder.glob("*.defaults")}
    assert {board.name for board in BOARDS} == set(files) - {"esp32-qemu"}
    for board in BOARDS:
        text = files[board.name]
        target = text.split('CONFIG_IDF_TARGET="')[1].split('"')[0]
        assert target == board.profile.replace("-", "")
        assert ("CONFIG_SPIRAM=y" in text) == (board.psram_bytes > 0)
        if board.psram_bytes:
            assert f"{board.psram_bytes >> 20} MB of" in text.split("PSRAM")[0]


def test_a_bundle_and_its_model_need_the_same() -> None:
    bundle = Bundle.open(ROOT / "models/fomo_digits_64.cut")
    assert NetworkNeed.of_bundle(bundle) == NetworkNeed.of_model(cutpoint.load(bundle.full))


def row(board: BoardMemory) -> str:
    """The README's row of a board."""
    psram = f", PSRAM {board.psram_bytes >> 20} MB" if board.psram_bytes else ""
    cells = [f"`{board.name}`", f"{board.block_bytes:,} B, {board.basis}{psram}"]
    for name in NETWORKS:
        bundle = Bundle.open(ROOT / f"models/{name}.cut")
        fitted = fit(NetworkNeed.of_bundle(bundle), board)
        cells += [fit_words(fitted.tflm, bundle.max_cut), fit_words(fitted.stream, bundle.max_cut)]
    return f"| {' | '.join(cells)} |"


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_the_readme_says_what_fits_on_which_board(board: BoardMemory) -> None:
    expected = row(board)
    assert expected in (ROOT / "README.md").read_text(encoding="utf-8"), (
        f"the README needs the row {expected}"
    )
