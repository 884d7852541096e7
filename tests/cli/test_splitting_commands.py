"""split, cuts and verify, on the shipped model and on files that are none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from host_tools.device import LiveTensor, StreamEngine
from host_tools.shipped import shipped_bundle
from tests.cli.conftest import FIXTURES, Run

SHIPPED = shipped_bundle() / "full.tflite"
LABELS = "0,1,2,3,4,5,6,7,8,9"


def test_split_writes_a_bundle_that_opens(run: Run, tmp_path: Path) -> None:
    said = run(
        "split", SHIPPED, "-o", tmp_path, "--name", "digits", "--labels", LABELS, "--max-cut", "13", "--json"
    )
    assert said.code == 0
    summary = json.loads(said.out)
    assert summary["max_cut"] == 13
    assert summary["device_bytes"] < summary["full_bytes"]
    assert run("cuts", tmp_path / "digits.cut").code == 0


def test_split_and_cuts_say_what_each_cut_needs_and_which_board_has_it(run: Run, tmp_path: Path) -> None:
    split = json.loads(run("split", SHIPPED, "-o", tmp_path, "--labels", LABELS, "--json").out)
    cuts = json.loads(run("cuts", SHIPPED, "--json").out)
    assert split["memory"] == cuts["memory"]
    assert split["plan_bytes"] == (shipped_bundle() / "stream.plan").stat().st_size
    memory = split["memory"]
    assert [cut["cut"] for cut in memory["cuts"]] == list(range(26))
    last = memory["cuts"][-1]
    assert last["stream"] < 40_000 < 150_000 < last["tflm"]
    assert memory["picture_bytes"] == 96 * 96 * 3
    plain = next(board for board in memory["boards"] if board["name"] == "esp32dev")
    assert (plain["block_bytes"], plain["basis"], plain["psram_bytes"]) == (110_000, "published", 0)
    assert plain["tflm"]["operators"] < plain["stream"]["operators"] == 25


def test_the_tables_state_both_engines_and_the_picture_apart(run: Run, tmp_path: Path) -> None:
    said = run("split", SHIPPED, "-o", tmp_path, "--labels", LABELS).sentence
    assert "TFLM arena" in said
    assert "Stream block" in said
    assert "it takes 27,648 B beside it, or 864 B where it comes line by line" in said
    assert "esp32dev" in said
    part = run("cuts", FIXTURES / "models" / "curves.tflite").sentence
    assert "Stream: operator 0 (ABS) cannot be streamed" in part


@pytest.mark.parametrize("command", [["cuts"], ["split", "--output", "raw", "-o"]])
def test_an_operator_that_boards_do_not_carry_is_told_with_the_cut_that_does_without(
    run: Run, tmp_path: Path, command: list[str]
) -> None:
    out = [str(tmp_path)] if "-o" in command else []
    said = run(*command, *out, FIXTURES / "models" / "decoder.tflite")
    assert said.code == 0
    assert "operator 3 (TILE) is not in the firmware" in said.out
    assert "--max-cut 3" in said.out
    as_json = json.loads(run(*command, *out, FIXTURES / "models" / "decoder.tflite", "--json").out)
    assert as_json["not_on_boards"] == {"operator": 3, "kind": "TILE"}


def test_a_head_that_ends_before_such_an_operator_is_not_warned_about(run: Run, tmp_path: Path) -> None:
    said = run(
        "split",
        FIXTURES / "models" / "decoder.tflite",
        "-o",
        tmp_path,
        "--output",
        "raw",
        "--max-cut",
        "3",
        "--json",
    )
    assert json.loads(said.out)["not_on_boards"] is None


def test_split_takes_labels_from_a_file(run: Run, tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join("abcdefghij") + "\n")
    assert run("split", SHIPPED, "-o", tmp_path, "--labels", f"@{labels}").code == 0
    manifest = json.loads((tmp_path / "full.cut" / "manifest.json").read_text())
    assert manifest["labels"] == list("abcdefghij")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--labels", "a,b"], "10 kinds of objects, 2 labels"),
        ([], "10 kinds of objects, 0 labels"),
        (["--labels", "a,,b"], "empty label"),
        (["--labels", "a,a"], "more than once"),
        (["--labels", "@nowhere.txt"], "cannot read the labels file"),
        (["--labels", LABELS, "--max-cut", "99"], "max_cut is 99"),
    ],
)
def test_split_says_what_is_wrong_with_its_options(
    run: Run, tmp_path: Path, arguments: list[str], words: str
) -> None:
    said = run("split", SHIPPED, "-o", tmp_path, *arguments)
    assert said.code == 2
    assert words in said.sentence


@pytest.mark.parametrize("command", ["cuts", "verify"])
@pytest.mark.parametrize("content", [b"", b"not a model", SHIPPED.read_bytes()[:3000]])
def test_a_file_that_is_no_model_gets_one_sentence(
    run: Run, tmp_path: Path, command: str, content: bytes
) -> None:
    path = tmp_path / "broken.tflite"
    path.write_bytes(content)
    said = run(command, path)
    assert said.code == 2
    assert said.err.startswith("error: ")
    assert len(said.err) < 400


def test_a_missing_file_gets_one_sentence(run: Run, tmp_path: Path) -> None:
    said = run("cuts", tmp_path / "none.tflite")
    assert said.code == 2
    assert "none.tflite" in said.sentence


def test_cuts_lists_every_cut_beside_the_picture(run: Run) -> None:
    said = run("cuts", shipped_bundle(), "--json")
    table = json.loads(said.out)
    assert said.code == 0
    assert [cut["cut"] for cut in table["cuts"]] == list(range(26))
    assert table["cuts"][17]["bytes"] == 2304
    assert table["picture"]["raw_bytes"] == 27648
    assert 0 < table["picture"]["jpeg_header_bytes"] < table["picture"]["jpeg_bytes"] < 27648


def test_cuts_takes_no_spectrogram_for_a_picture(run: Run) -> None:
    said = run("cuts", FIXTURES / "models/keywords.tflite", "--json")
    assert said.code == 0
    assert json.loads(said.out)["picture"] is None


def test_cuts_draws_a_picture(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="drawing needs matplotlib")
    said = run("cuts", shipped_bundle(), "--plot", tmp_path / "cuts.png")
    assert said.code == 0
    with Image.open(tmp_path / "cuts.png") as picture:
        assert picture.width > 800


@pytest.mark.parametrize("seed", ["-1", "x"])
def test_verify_refuses_a_seed_that_is_none(run: Run, seed: str) -> None:
    assert run("verify", shipped_bundle(), "--seed", seed).code == 2


def test_cuts_refuses_to_draw_anything_but_png(run: Run, tmp_path: Path) -> None:
    assert run("cuts", shipped_bundle(), "--plot", tmp_path / "cuts.svg").code == 2


def test_verify_holds_at_every_cut_of_the_shipped_model(run: Run) -> None:
    said = run("verify", shipped_bundle(), "--runs", "1", "--json")
    report = json.loads(said.out)
    assert said.code == 0
    assert report["ok"]
    assert len(report["cuts"]) == 26
    assert all(cut["reference"]["differing"] == 0 for cut in report["cuts"])
    assert report["stream"]["operators"] == 25
    assert [one["differing"] for one in report["stream"]["differences"]] == [0] * 26


def test_verify_takes_pictures(run: Run) -> None:
    from host_tools.shipped import shipped_pictures

    said = run("verify", shipped_bundle(), "--inputs", shipped_pictures(), "--runs", "2")
    assert said.code == 0
    assert "all 26 cuts equal the whole model bit for bit" in said.sentence


def test_verify_says_no_when_the_stream_engine_computes_something_else(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = StreamEngine.live

    def wrong(self: StreamEngine, cut: int) -> tuple[LiveTensor, ...]:
        right = live(self, cut)
        return tuple(replace(one, array=one.array ^ 1) for one in right) if cut == 3 else right

    monkeypatch.setattr(StreamEngine, "live", wrong)
    said = run("verify", FIXTURES / "models" / "fomo_like.tflite", "--runs", "1")
    assert said.code == 1
    assert "the Stream engine is not exact at cut 3" in said.sentence
    assert "all 19 cuts equal the whole model" in said.sentence


def test_verify_says_which_operators_are_not_streamed(run: Run) -> None:
    said = run("verify", FIXTURES / "models" / "curves.tflite", "--runs", "1")
    assert said.code == 0
    assert "not run by the Stream engine: operator 0 (ABS)" in said.sentence


def test_verify_says_no_when_a_tail_computes_something_else(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cutpoint.graph import Model

    split = Model.split

    def wrong(self: Model, k: int) -> tuple[bytes, bytes]:
        head, tail = split(self, k)
        return (head, split(self, 25)[0]) if k == 0 else (split(self, 0)[0] if k == 25 else head, tail)

    monkeypatch.setattr(Model, "split", wrong)
    said = run("verify", shipped_bundle(), "--runs", "1")
    assert said.code == 1
    assert "not exact at cut 25" in said.sentence
