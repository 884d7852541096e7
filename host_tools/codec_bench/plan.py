"""What is to be measured: every way to serve a picture that the bundle, its input and this machine allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cutpoint.graph import Bundle
from cutpoint.picture import input_tensors
from host_tools.calibration.jpeg import takes_pictures
from host_tools.codec_bench.calibrated import calibrated_ways
from host_tools.codec_bench.jpeg import Jpeg
from host_tools.codec_bench.outside import BASELINES, Outside, missing_sentence
from host_tools.codec_bench.row import Family
from host_tools.codec_bench.ways import Bitmap, Raw, Way


@dataclass(frozen=True, slots=True)
class Candidate:
    """One line of the table to be: a way to send at a cut, and its names.

    number: of the setting in the bundle's tables, 0 without. lossless: the edge has every bit, so that its answers need
    not be worked out again.
    """

    family: Family
    cut: int
    codec: str
    setting: str
    what: str
    way: Way
    number: int = 0
    table_bytes: int = 0


@dataclass(frozen=True, slots=True)
class BenchPlan:
    """The candidates in the order of the table, and sentences about what is not among them."""

    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...]


def plan(bundle: Bundle, cuts: Sequence[int], qualities: Sequence[int]) -> BenchPlan:
    """Device-only, edge-only as pixels and JPEG, then each of `cuts` with every codec and the outside baselines.

    cuts: without 0 and N. qualities: of JPEG.
    """
    notes: list[str] = []
    ends = [*_device_only(bundle), Candidate("edge-only", 0, "raw", "", "the input as it is", Raw())]
    if not takes_pictures(bundle):
        notes.append("JPEG is not measured: the input of this network is no picture")
    else:
        (picture,) = input_tensors(bundle.model())
        for headers in (True, False):
            ends += [
                Candidate(
                    "edge-only",
                    0,
                    "jpeg" if headers else "jpeg-scan",
                    f" q{quality}",
                    "whole file" if headers else "without its headers",
                    Jpeg(picture, quality, headers=headers),
                )
                for quality in qualities
            ]
    inner = [candidate for cut in cuts for candidate in _splits(bundle, cut)]
    if not any(candidate.number for candidate in inner):
        why = "it has no codec tables; `cutpoint calibrate` makes them" if bundle.codec_tables is None else ""
        notes.append(f"no calibrated codec is measured: {why or 'none of its settings is at these cuts'}")
    found = [(baseline, baseline.compressor()) for baseline in BASELINES]
    if missing := [baseline for baseline, compress in found if compress is None]:
        notes.append(missing_sentence(missing))
    outside = [
        Candidate("outside", cut, baseline.name, "", baseline.setting, Outside(compress))
        for cut in (0, *cuts)
        for baseline, compress in found
        if compress is not None
    ]
    return BenchPlan((*ends, *inner, *outside), tuple(notes))


def _device_only(bundle: Bundle) -> list[Candidate]:
    outputs = bundle.cuts[bundle.n].tensors
    return [
        Candidate("device-only", bundle.n, "raw", "", "the output tensors", Raw()),
        Candidate("device-only", bundle.n, "bitmap", "", "the output tensors", Bitmap(outputs)),
    ]


def _splits(bundle: Bundle, cut: int) -> list[Candidate]:
    tensors = bundle.cuts[cut].tensors
    ways = [
        Candidate("split", cut, "raw", "", "", Raw()),
        Candidate("split", cut, "bitmap", "", "", Bitmap(tensors)),
    ]
    ways += [
        Candidate("split", cut, one.codec, f":{one.number}", one.what, one.way, one.number, one.table_bytes)
        for one in calibrated_ways(bundle, cut)
    ]
    return ways
