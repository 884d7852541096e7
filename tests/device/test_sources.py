"""Where pictures come from."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cutpoint.errors import UsageError
from host_tools.device.input_tensor import InputTensor
from host_tools.device.sources import open_source

PICTURE = InputTensor("picture", (1, 16, 16, 3), np.dtype(np.int8), 1 / 255, -128)
SOUND = InputTensor("sound", (1, 40), np.dtype(np.int8), 0.1, 0)


def test_a_folder_gives_its_pictures_by_name(tmp_path: Path) -> None:
    for name, value in (("b.png", 20), ("a.jpg", 10), ("c.png", 30)):
        Image.new("RGB", (32, 16), (value, value, value)).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    source = open_source(tmp_path, [PICTURE])
    samples = list(source)
    assert len(source) == 3
    assert [sample.name for sample in samples] == ["a.jpg", "b.png", "c.png"]
    assert [int(sample.arrays[0][0, 0, 0, 0]) + 128 for sample in samples] == [10, 20, 30]


def test_one_picture_is_a_source_too(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        Image.new("L", (16, 16)).save(tmp_path / name)
    assert [sample.name for sample in open_source(tmp_path / "b.png", [PICTURE])] == ["b.png"]


def test_an_npy_file_gives_samples_along_its_first_axis(tmp_path: Path) -> None:
    stack = np.stack([np.full((16, 16, 3), value, np.uint8) for value in (1, 2, 3)])
    np.save(tmp_path / "set.npy", stack)
    samples = list(open_source(tmp_path / "set.npy", [PICTURE]))
    assert [sample.name for sample in samples] == ["set[0]", "set[1]", "set[2]"]
    assert [int(sample.arrays[0].max()) + 128 for sample in samples] == [1, 2, 3]


def test_an_npy_file_may_hold_one_sample(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.zeros((16, 16, 3), np.uint8))
    np.save(tmp_path / "batch.npy", np.zeros((1, 16, 16, 3), np.uint8))
    assert len(open_source(tmp_path / "one.npy", [PICTURE])) == 1
    assert len(open_source(tmp_path / "batch.npy", [PICTURE])) == 1


def test_an_npz_file_gives_every_input_by_name(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "set.npz", sound=np.ones((5, 40), np.int8), picture=np.zeros((5, 16, 16, 3), np.uint8)
    )
    samples = list(open_source(tmp_path / "set.npz", [PICTURE, SOUND]))
    assert len(samples) == 5
    assert [array.shape for array in samples[0].arrays] == [(1, 16, 16, 3), (1, 40)]


def test_random_samples_repeat_by_seed() -> None:
    first = [sample.arrays[0] for sample in open_source("random", [SOUND], count=3, seed=1)]
    again = [sample.arrays[0] for sample in open_source("random", [SOUND], count=3, seed=1)]
    other = [sample.arrays[0] for sample in open_source("random", [SOUND], count=3, seed=2)]
    assert all((one == two).all() for one, two in zip(first, again, strict=True))
    assert (first[0] != other[0]).any()


def test_what_is_not_there_or_does_not_fit_is_said(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    (tmp_path / "broken.npy").write_bytes(b"not an array")
    (tmp_path / "empty").mkdir()
    np.savez(
        tmp_path / "uneven.npz", picture=np.zeros((2, 16, 16, 3), np.uint8), sound=np.ones((3, 40), np.int8)
    )
    np.savez(tmp_path / "few.npz", picture=np.zeros((2, 16, 16, 3), np.uint8))
    cases = [
        (lambda: open_source(tmp_path / "nothing", [PICTURE]), "no folder, picture"),
        (lambda: open_source(tmp_path / "empty", [PICTURE]), "holds no picture"),
        (lambda: open_source(tmp_path, [SOUND]), "one picture as input"),
        (lambda: list(open_source(tmp_path, [PICTURE])), "no picture that can be read"),
        (lambda: open_source(tmp_path / "broken.npy", [PICTURE]), "cannot be read as NumPy"),
        (lambda: open_source(tmp_path / "uneven.npz", [PICTURE, SOUND]), r"\[2, 3\] samples"),
        (lambda: open_source(tmp_path / "few.npz", [PICTURE, SOUND]), "holds 1 arrays, the model takes 2"),
    ]
    for call, said in cases:
        with pytest.raises(UsageError, match=said):
            call()
