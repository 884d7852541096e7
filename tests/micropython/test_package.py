"""firmware/micropython under MicroPython itself (the WebAssembly port) and, over a real broker, under CPython."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from calibrated_bundle import CODECS, calibrated_copy

from cutpoint.bus import MqttBus
from cutpoint.codec import CodecId, CodecTables
from cutpoint.graph import Bundle
from cutpoint.kernels import open_runner
from edge_server import EdgeServer, ServeConfig

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "firmware/micropython"
VECTORS = ROOT / "tests/vectors/vectors.txt"
MODELS = ROOT / "tests/fixtures/models"

Run = Callable[..., list[str]]


def outcomes(lines: list[str]) -> dict[str, str]:
    """Name to "ok", "other" or the failure."""
    found = {}
    for line in lines:
        if line.startswith(("ok ", "other ", "FAIL ")):
            sort, name, *why = line.split(" ", 2)
            found[name] = sort if not why else f"{sort} {why[0]}"
    return found


def expected_outcomes() -> dict[str, str]:
    """Every vector must hold, but what only an edge can refuse: payloads of activations and telemetry."""
    found = {}
    for line in VECTORS.read_text(encoding="utf-8").splitlines():
        columns = line.split("\t")
        if columns[0] not in ("message", "bad", "order"):
            continue
        frames = columns[4:]
        edge_only = columns[0] == "bad" and columns[3] in EDGE_REASONS and frames[-1][6:8] in ("01", "04")
        found[f"{columns[0]}:{columns[1]}"] = "other" if edge_only else "ok"
    return found


# Reasons that lie in a payload, not in a header.
EDGE_REASONS = {"coded", "codec", "count", "dtype", "number", "oversized", "reserved", "tensor"}
EDGE_REASONS |= {"trailing", "truncated"}


def test_the_golden_vectors_hold_under_micropython(micropython: Run) -> None:
    seen = outcomes(micropython("check_vectors.py", vectors=VECTORS))
    wanted = expected_outcomes()
    assert set(seen) == set(wanted)
    # A header's fault is refused by a device too, whatever the reason's name.
    wrong = {name: out for name, out in seen.items() if out != "ok" and not (out == wanted[name] == "other")}
    assert wrong == {}
    assert sum(out == "ok" for out in seen.values()) > 3 * sum(out == "other" for out in seen.values())


def test_micropython_and_cpython_say_the_same(
    micropython: Run, cpython: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    (tmp_path / "vectors.txt").write_bytes(VECTORS.read_bytes())
    out, err = cpython("check_vectors.py", cwd=tmp_path).communicate(timeout=60)
    assert out.splitlines() == micropython("check_vectors.py", vectors=VECTORS), err


def test_whole_inferences_under_micropython(micropython: Run) -> None:
    seen = outcomes(micropython("check_device.py"))
    assert len(seen) == len(
        re.findall(r"^def test_", (Path(__file__).parent / "check_device.py").read_text(), re.M)
    )
    assert set(seen.values()) == {"ok"}, seen


def test_the_page_states_the_memory_that_is_measured(micropython: Run) -> None:
    page = (PACKAGE / "README.md").read_text(encoding="utf-8")
    measured = dict(line.rsplit(": ", 1) for line in micropython("check_memory.py"))
    stated = {
        name: int(figure.replace(",", ""))
        for name, figure in re.findall(r"^\| ([a-z].*?) \| ([\d,]+) \|$", page, re.M)
    }
    assert set(stated) == set(measured)
    for name, figure in stated.items():
        assert int(measured[name]) == pytest.approx(figure, rel=0.05), name


def test_an_inference_takes_no_more_heap_for_a_large_picture(micropython: Run) -> None:
    measured = dict(line.rsplit(": ", 1) for line in micropython("check_memory.py"))
    for codec in ("raw", "bitmap"):
        small, large = (int(measured[f"inference: {codec} {size}"]) for size in (2304, 27648))
        assert large < small + 4096


def test_the_package_lists_every_file() -> None:
    manifest = json.loads((PACKAGE / "package.json").read_text(encoding="utf-8"))
    files = sorted(f"cutpoint/{path.name}" for path in (PACKAGE / "cutpoint").glob("*.py"))
    assert manifest["urls"] == [[file, file] for file in files]
    assert [name for name, _ in manifest["deps"]] == ["umqtt.simple"]
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)
    assert version is not None
    assert manifest["version"] == version[1]
    assert f'VERSION = "{version[1]}"' in (PACKAGE / "cutpoint/device.py").read_text(encoding="utf-8")


def test_the_settings_of_a_calibrated_bundle_come_with_its_tables(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from host_tools.cli import micropython as command  # noqa: F401
    from host_tools.cli.app import app

    bundle = calibrated_copy((MODELS / "fomo_like.tflite").read_bytes(), tmp_path, "coded", (3,))
    settings = tmp_path / "cutpoint.json"
    arguments = [str(bundle.path), "--id", "mp-1", "--broker", "broker", "-o", str(settings)]
    done = CliRunner().invoke(app, ["micropython", *arguments])
    assert done.exit_code == 0
    assert "copy both" in done.stdout.replace("\n", " ")
    assert json.loads(settings.read_text())["tables"] == "codec.tables"
    assert (tmp_path / "codec.tables").read_bytes() == bundle.codec_tables


def test_lowbit_of_micropython_is_lowbit_of_the_core(
    micropython: Run, cpython: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    bundle = calibrated_copy((MODELS / "fomo_like.tflite").read_bytes(), tmp_path, "coded", (0, 3))
    assert bundle.codec_tables is not None
    tables = CodecTables.open(bundle.codec_tables, bundle.model_id)
    (tmp_path / "codec.tables").write_bytes(bundle.codec_tables)
    rng = np.random.default_rng(5)
    lines, wanted = [bytes(bundle.model_id).hex()], []
    for number, cut in enumerate((0, 3)):
        setting = 1 + number * len(CODECS)
        data = [rng.integers(0, 256, tensor.bytes, np.uint8).tobytes() for tensor in bundle.cuts[cut].tensors]
        lines.append(" ".join([str(setting), *(one.hex() for one in data)]))
        for place, one in enumerate(data):
            coded = tables.encode(setting, place, one)
            assert coded.codec is CodecId.LOWBIT
            wanted.append(coded.data.hex())
    (tmp_path / "tensors.txt").write_text("\n".join(lines))
    files = {"tables": tmp_path / "codec.tables", "tensors": tmp_path / "tensors.txt"}
    assert micropython("check_lowbit.py", **files) == wanted
    out, err = cpython("check_lowbit.py", cwd=tmp_path).communicate(timeout=60)
    assert out.splitlines() == wanted, err


@pytest.mark.broker
def test_a_board_asks_a_real_edge_over_a_real_broker(
    mosquitto: object, cpython: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    from typer.testing import CliRunner

    from host_tools.cli import micropython as command  # noqa: F401
    from host_tools.cli.app import app

    host, port = mosquitto.address  # type: ignore[attr-defined]
    bundle = Bundle.create((MODELS / "fomo_like.tflite").read_bytes(), tmp_path, output="raw")
    settings = tmp_path / "cutpoint.json"
    arguments = [str(bundle.path), "--id", "mp-1", "--broker", f"{host}:{port}", "-o", str(settings)]
    assert CliRunner().invoke(app, ["micropython", *arguments]).exit_code == 0
    assert settings.stat().st_mode & 0o777 == 0o600
    runner = open_runner((MODELS / "fomo_like.tflite").read_bytes(), "reference")
    shape = bundle.inputs[0].shape
    pictures = [np.random.default_rng(i).integers(-128, 128, shape).astype(np.int8) for i in range(4)]
    (tmp_path / "pictures.bin").write_bytes(b"".join(picture.tobytes() for picture in pictures))
    config = ServeConfig(models=(bundle.path,), kernels="reference", policy="edge-only", exploration=0.0)
    with EdgeServer(config, MqttBus(host, port, "edge")):
        board = cpython("ask_edge.py", settings, "pictures.bin", "boots", cwd=tmp_path)
        out, err = board.communicate(timeout=60)
    assert board.returncode == 0, err
    (output,) = bundle.outputs
    wanted = [
        ["edge", "edge", 0, [[output.index, 1, runner.run([picture])[0].tobytes().hex()]]]
        for picture in pictures
    ]
    assert [json.loads(line) for line in out.splitlines()] == wanted, err
    assert (tmp_path / "boots").read_text() == "1"
