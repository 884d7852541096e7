"""Codec tables in a bundle: there once they were calibrated, and always those of the bundle."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cutpoint import Bundle, Model
from cutpoint.codec import CodecId
from cutpoint.errors import BundleError
from cutpoint.graph.codecs_entry import CodecsEntry, CodecSettingEntry
from cutpoint.graph.manifest import read_manifest

Models = Callable[[str], Model]
CUT = 5


@pytest.fixture
def bundle(model: Models, tmp_path: Path) -> Bundle:
    return Bundle.create(model("fomo_like").data, tmp_path, name="x")


def shape_at(bundle: Bundle, cut: int) -> tuple[int, int, int]:
    shape = bundle.cuts[cut].tensors[0].shape
    return shape[1], shape[2], shape[3]


def lowbit(
    bundle: Bundle, *, cut: int = CUT, shape: tuple[int, int, int] | None = None, model: bytes = b""
) -> bytes:
    """A file of one setting `lowbit` with two levels, by the page."""
    height, width, channels = shape or shape_at(bundle, cut)
    block = struct.pack("<HHHBBBBH", height, width, channels, 1, 0, 1, 0, 0)
    block += bytes(byte >> 7 for byte in range(256)) + bytes((0, 128, 0, 0))
    file = b"CPCT" + struct.pack("<BBH4sIHBBI", 1, 1, 0, model or bundle.model_id, 0, cut, 3, 1, 24)
    file += struct.pack("<I", 28) + block
    return file[:12] + struct.pack("<I", zlib.crc32(file)) + file[16:]


def entry(tables: bytes, **changes: Any) -> CodecsEntry:
    setting = CodecSettingEntry(
        number=1,
        cut=changes.pop("cut", CUT),
        codec=changes.pop("codec", "lowbit"),
        what="1 bit",
        mean_bytes=10,
        largest_bytes=10,
        raw_share=0,
        loss=-0.5,
        agreement=0.5,
        table_bytes=len(tables),
        lossless=False,
    )
    plain: dict[str, Any] = {
        "bytes": len(tables),
        "sha256": hashlib.sha256(tables).hexdigest(),
        "version": f"{int.from_bytes(tables[12:16], 'little'):08x}",
        "pictures": 2,
        "held_out": 1,
        "metric": "agreement",
        "baseline": None,
        "settings": (setting,),
        "jpeg": (),
    }
    return CodecsEntry(**plain | changes)


def refused(path: Path, message: str) -> None:
    with pytest.raises(BundleError, match=message) as raised:
        Bundle.open(path)
    assert "\n" not in str(raised.value)


def test_a_bundle_has_no_tables_before_it_was_calibrated(bundle: Bundle) -> None:
    assert bundle.manifest.codecs is bundle.codec_tables is None


def test_tables_are_kept_beside_everything_else(bundle: Bundle) -> None:
    tables = lowbit(bundle)
    calibrated = bundle.with_codecs(entry(tables), tables)
    assert calibrated.codec_tables == tables == (bundle.path / "codec.tables").read_bytes()
    assert calibrated.manifest.codecs == entry(tables)
    assert (calibrated.full, calibrated.stream_plan) == (bundle.full, bundle.stream_plan)
    assert Bundle.open(bundle.path).manifest == calibrated.manifest


def test_tables_are_opened_for_coding(bundle: Bundle) -> None:
    assert bundle.tables() is None
    calibrated = bundle.with_codecs(entry(lowbit(bundle)), lowbit(bundle))
    tables = calibrated.tables()
    assert tables is not None
    assert [(one.number, one.cut, one.codec, one.tensors) for one in tables.settings] == [
        (1, CUT, CodecId.LOWBIT, 1)
    ]
    assert calibrated.manifest.codecs is not None
    assert f"{tables.version:08x}" == calibrated.manifest.codecs.version


def test_tables_that_no_codec_can_use_are_said_when_they_are_opened(bundle: Bundle) -> None:
    odd = bytearray(lowbit(bundle))
    odd[28 + 7] = 200  # the zero level, of two
    odd[12:16] = bytes(4)
    struct.pack_into("<I", odd, 12, zlib.crc32(bytes(odd)))
    calibrated = bundle.with_codecs(entry(bytes(odd)), bytes(odd))
    with pytest.raises(BundleError, match=r"codec\.tables cannot be used"):
        calibrated.tables()


def test_splitting_again_takes_the_tables_away(bundle: Bundle, model: Models, tmp_path: Path) -> None:
    bundle.with_codecs(entry(lowbit(bundle)), lowbit(bundle))
    again = Bundle.create(model("fomo_like").data, tmp_path, name="x")
    assert again.codec_tables is None
    assert not (again.path / "codec.tables").exists()


def test_missing_tables_are_said(bundle: Bundle) -> None:
    bundle.with_codecs(entry(lowbit(bundle)), lowbit(bundle))
    (bundle.path / "codec.tables").unlink()
    refused(bundle.path, "codec.tables is missing; make it again with `cutpoint calibrate`")


def test_damaged_tables_are_said(bundle: Bundle) -> None:
    tables = lowbit(bundle)
    bundle.with_codecs(entry(tables), tables)
    for wrong in (b"", tables[:-1], tables + b"\0", tables[:40] + bytes([tables[40] ^ 1]) + tables[41:]):
        (bundle.path / "codec.tables").write_bytes(wrong)
        refused(bundle.path, "codec.tables is not the file that the manifest describes")


@pytest.mark.parametrize(
    ("file", "said", "message"),
    [
        ({"model": b"abcd"}, {}, "it is of model 61626364"),
        ({}, {"version": "00000000"}, "the manifest states"),
        ({"cut": 3}, {}, "its settings are not those that the manifest states"),
        ({}, {"codec": "rans"}, "its settings are not those that the manifest states"),
        ({"shape": (1, 2, 3)}, {}, "setting 1 is for other tensors than travel at cut 5"),
        ({"cut": 999, "shape": (1, 2, 3)}, {"cut": 999}, "setting 1 is for cut 999, the last cut is"),
    ],
)
def test_tables_that_do_not_fit_are_not_taken(
    bundle: Bundle, file: dict[str, Any], said: dict[str, Any], message: str
) -> None:
    tables = lowbit(bundle, **file)
    with pytest.raises(BundleError, match=message):
        bundle.with_codecs(entry(tables, **said), tables)
    assert Bundle.open(bundle.path).codec_tables is None


@pytest.mark.parametrize("size", [0, 10, 20, 26, 30])
def test_a_file_that_ends_early_is_no_file_of_tables(bundle: Bundle, size: int) -> None:
    short = bytearray(lowbit(bundle)[:size])
    if size >= 16:
        short[12:16] = bytes(4)
        struct.pack_into("<I", short, 12, zlib.crc32(bytes(short)))
    with pytest.raises(BundleError, match=r"no file of codec tables|outside of the file"):
        bundle.with_codecs(entry(bytes(short), version="00000000"), bytes(short))


def test_settings_are_numbered_from_1_and_only_agreement_has_no_baseline(bundle: Bundle) -> None:
    good = entry(lowbit(bundle))
    document = json.loads(bundle.manifest.to_json())
    for change, message in (
        ({"metric": "f1"}, "a baseline is out of place or missing for the metric f1"),
        ({"settings": [good.settings[0].model_dump() | {"number": 2}]}, "not numbered from 1 on"),
        ({"settings": []}, "codecs.settings"),
    ):
        with pytest.raises(BundleError, match=message):
            read_manifest(json.dumps(document | {"codecs": good.model_dump() | change}), "manifest.json")


def test_a_setting_for_a_cut_that_no_board_is_asked_for_is_refused(bundle: Bundle) -> None:
    document = json.loads(bundle.manifest.to_json()) | {
        "max_cut": 1,
        "codecs": entry(lowbit(bundle)).model_dump(),
    }
    document["stream"] |= {"operators": 0, "plan": None}
    with pytest.raises(BundleError, match="setting 1 is for cut 5, max_cut is 1"):
        read_manifest(json.dumps(document), "manifest.json")


def test_a_bundle_from_before_there_were_codecs_opens_without_them(bundle: Bundle) -> None:
    document = json.loads(bundle.manifest.to_json())
    del document["codecs"]
    old = read_manifest(json.dumps(document | {"schema_version": 2}), "manifest.json")
    assert old == bundle.manifest
