"""A longer fuzz run over codec tables and coded tensors, bred from files of every codec and every rule.

`codec_corpus.zip` is the minimal set that libFuzzer's -set_cover_merge=1 made of a long run over such files.
"""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from random import Random

import pytest
from toolchain import TESTS, core_sources, fuzz

from cutpoint.codec import (
    Activity,
    CodecId,
    CodecTables,
    DType,
    Prediction,
    Quantiser,
    RansModel,
    RansTable,
    Setting,
    SlicerTables,
    TensorTables,
    encode_tables,
)

CORPUS = TESTS / "codec_corpus.zip"
MODEL = b"\xc0\xff\xee\x42"
RUN_SECONDS = 12
LARGEST_INPUT_BYTES = 6000
SEEDS = 40
SHAPE = (3, 4, 5)


def model_of(random: Random, levels: int, changes: bool = False) -> RansModel:
    """Every rule that a model has, by chance."""
    thresholds = tuple(sorted(random.sample(range(1, 40), random.randrange(4))))
    groups = random.choice((1, 1, 2, 3))
    tables = []
    for _ in range(groups * (len(thresholds) + 1)):
        symbols = random.choice((1, 2, levels))
        count = symbols if symbols == levels else symbols + 1
        cuts = sorted(random.sample(range(1, 4096), count - 1))
        frequencies = [b - a for a, b in zip([0, *cuts], [*cuts, 4096], strict=True)]
        tables.append(RansTable(random.randrange(levels), tuple(frequencies)))
    return RansModel(
        Prediction(random.randrange(5 if changes else 4)),
        Activity(random.randrange(3 if changes else 2)),
        thresholds,
        tuple(tables),
        bytes(random.randrange(groups) for _ in range(SHAPE[2])) if groups > 1 else None,
    )


def sliced(model: RansModel) -> RansModel:
    return RansModel(model.prediction, model.activity, model.thresholds, model.tables, model.groups, True)


def slicer_seed(random: Random) -> bytes:
    floors = (random.randrange(1, 40), random.randrange(1, 40))
    tensor = SlicerTables(
        SHAPE,
        DType.UINT8,
        128,
        random.randrange(1, 60),
        floors,
        random.randrange(1, 20),
        random.choice((1, 2, 4, 8)),
    )
    return input_of(CodecId.SLICER, tensor, random)


def input_of(codec: CodecId, tensor: TensorTables | SlicerTables, random: Random) -> bytes:
    file = encode_tables(MODEL, [Setting(1, codec, (tensor,))])
    raw = bytes(random.choice((0x80, 0x80, 0x84, random.randrange(256))) for _ in range(tensor.elements))
    return struct.pack("<H", len(file)) + file + CodecTables.open(file, MODEL).encode(1, 0, raw).data


def seed(number: int) -> bytes:
    """A file of one setting, and a tensor coded with it."""
    random = Random(number)
    if number % 5 == 4:
        return slicer_seed(random)
    levels = random.choice((2, 3, 6, 16))
    to_level = bytes(value * levels // 256 for value in range(256))
    quantiser = Quantiser(to_level, bytes(random.randrange(256) for _ in range(levels)), levels // 2)
    codec = (CodecId.LOWBIT, CodecId.RANS, CodecId.RANS, CodecId.DELTA)[number % 4]
    models: tuple[RansModel, ...] = ()
    if codec is CodecId.RANS:
        model = model_of(random, levels)
        models = (sliced(model) if number % 8 == 1 else model,)
    if codec is CodecId.DELTA:
        models = (model_of(random, levels), model_of(random, levels, changes=True))
    order = bytes(random.sample(range(SHAPE[2]), SHAPE[2])) if number % 8 == 0 else None
    tensor = TensorTables(SHAPE, random.choice((DType.INT8, DType.UINT8)), quantiser, models, order=order)
    return input_of(codec, tensor, random)


def write_corpus(folder: Path) -> int:
    """Kept inputs, and new ones; how many are kept."""
    folder.mkdir()
    with zipfile.ZipFile(CORPUS) as kept:
        kept.extractall(folder)
        names = kept.namelist()
    for number in range(SEEDS):
        (folder / f"seed-{number}").write_bytes(seed(number))
    return len(names)


@pytest.mark.slow
def test_tables_and_tensors_bred_from_good_ones_break_nothing(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    corpus = tmp_path / "corpus"
    assert write_corpus(corpus) > 100
    limits = (f"-max_total_time={RUN_SECONDS}", f"-max_len={LARGEST_INPUT_BYTES}")
    fuzz(
        TESTS / "fuzz_codec.cc", core_sources(), tmp_path_factory.mktemp("fuzzed"), tmp_path, corpus, *limits
    )
