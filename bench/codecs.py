"""Feature codecs on the shipped FOMO: bytes against F1 over the recipe's test half, beside JPEG and zip-like coders."""

from __future__ import annotations

from pathlib import Path

from bench.codec_bytes import BLOCK_4, MOST_BYTES, lossless, lossy
from bench.codec_exact import exact
from bench.codec_links import when_it_pays
from bench.codec_oracle import order_0
from bench.codec_scenes import recipe_scenes, still_scenes
from bench.codec_speed import decoding, on_device
from bench.codec_stills import stills
from bench.codec_table import ways
from bench.figure import Section
from cutpoint.graph import Bundle
from host_tools.calibration.plan import worthwhile_cuts
from host_tools.codec_bench import Board, Halves, QemuMeter, draw, run, write_csv
from host_tools.device import Profile
from host_tools.shipped import shipped_bundle

COMMAND = "python -m bench codecs"
PICTURE = Path(__file__).parents[1] / "docs" / "codecs.png"
BOARD = "esp32"
TEST_SCENES, QUICK_SCENES = 1_000, 60
TRAIN_SCENES = 400
STILL_SCENES, QUICK_STILLS = 50, 4
JPEG_QUALITIES = (10, 30, 50, 60, 70, 80, 85, 90, 92, 95)
"""Finer than `cutpoint bench codecs` has them, so that there is one near each codec's F1."""


def measure(*, quick: bool) -> Section:
    """Heads run once a picture under the reference kernels, tails under XNNPACK beside raw tensors under the same.

    The cheapest settings of each target are judged once more with reference tails, which answer as a device does.
    """
    bundle = Bundle.open(shipped_bundle())
    if bundle.codec_tables is None:
        raise SystemExit(
            f"{bundle.path} has no codec tables; make them with `cutpoint calibrate {bundle.path}`"
        )
    entry = bundle.manifest.codecs
    assert entry is not None
    examples = recipe_scenes("test", QUICK_SCENES if quick else TEST_SCENES)
    board = Board.of(Profile.load(BOARD), bundle)
    cuts = sorted({*worthwhile_cuts(bundle), *(setting.cut for setting in entry.settings)})
    halves = Halves(bundle, examples, [*cuts, bundle.n])
    bench = run(
        halves,
        boards=[board],
        meter=QemuMeter(),
        kernels="xnnpack",
        qualities=JPEG_QUALITIES,
    )
    if not quick:
        draw(bench, PICTURE)
        write_csv(bench, PICTURE.with_suffix(".csv"))
    frames = halves.live(BLOCK_4)
    first, best = lossless(bench)
    bounded = [lossy(bench, most) for most in MOST_BYTES]
    return Section(
        "codecs",
        COMMAND,
        (
            first,
            order_0(bundle, best, frames, TRAIN_SCENES),
            *(figure for figure, _ in bounded),
            *exact(halves, [row for _, row in bounded]),
            *stills(bundle, still_scenes(QUICK_STILLS if quick else STILL_SCENES)),
            *on_device(bench),
            *decoding(bundle, best, frames, quick=quick),
        ),
        (ways(bench, board), when_it_pays(bench, board)),
    )
