"""Where pictures come from."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cutpoint.errors import UsageError
from cutpoint.picture.input_tensor import InputTensor
from host_tools.device.sources import open_source, read_picture

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


@pytest.mark.parametrize("name", ["grey.png", "grey.tif", "grey.pgm"])
def test_grey_of_16_bits_is_scaled_not_clipped(tmp_path: Path, name: str) -> None:
    values = np.repeat(np.array([0, 0x40FF, 0x8000, 0xFFFF], np.uint16), 64).reshape(16, 16)
    if name.endswith("pgm"):
        (tmp_path / name).write_bytes(b"P5 16 16 65535\n" + values.astype(">u2").tobytes())
    else:
        Image.fromarray(values).save(tmp_path / name)
    picture = read_picture(tmp_path / name)
    assert picture.shape == (16, 16, 3)
    assert sorted(set(picture[..., 1].flatten().tolist())) == [0, 0x40, 0x80, 0xFF]


def test_values_without_a_white_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((4, 4), np.float32)).save(tmp_path / "float.tif")
    with pytest.raises(UsageError, match="32-bit"):
        read_picture(tmp_path / "float.tif")


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "tif", "bmp", "ppm"])
def test_damaged_pictures_are_read_or_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"picture.{suffix}"
    Image.new("RGB", (24, 24), (9, 99, 199)).save(path)
    good, rng = path.read_bytes(), np.random.default_rng(3)
    for _ in range(60):
        bad = np.frombuffer(good, np.uint8).copy()
        bad[rng.integers(0, min(len(bad), 300), 4)] = rng.integers(0, 256, 4)
        path.write_bytes(bad.tobytes()[: rng.integers(1, len(bad) + 1)])
        try:
            assert read_picture(path).shape[2] == 3
        except UsageError:
            continue


@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_damaged_arrays_are_read_or_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"set.{suffix}"
    if suffix == "npy":
        np.save(path, np.zeros((2, 40), np.int8))
    else:
        np.savez(path, sound=np.zeros((2, 40), np.int8))
    good, rng = path.read_bytes(), np.random.default_rng(3)
    for _ in range(300):
        bad = np.frombuffer(good, np.uint8).copy()
        bad[rng.integers(0, min(len(bad), 120), 3)] = rng.integers(0, 256, 3)
        path.write_bytes(bad.tobytes()[: rng.integers(1, len(bad) + 1)])
        try:
            list(open_source(path, [SOUND]))
        except UsageError:
            continue


def test_a_file_of_one_number_is_no_sample(tmp_path: Path) -> None:
    np.save(tmp_path / "number.npy", np.float32(3))
    with pytest.raises(UsageError, match="samples"):
        open_source(tmp_path / "number.npy", [PICTURE])


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
        (lambda: list(open_source(tmp_path, [PICTURE])), "picture that can be read|cannot be read"),
        (lambda: open_source(tmp_path / "broken.npy", [PICTURE]), "cannot be read as NumPy"),
        (lambda: open_source(tmp_path / "uneven.npz", [PICTURE, SOUND]), r"\[2, 3\] samples"),
        (lambda: open_source(tmp_path / "few.npz", [PICTURE, SOUND]), "holds 1 arrays, the model takes 2"),
    ]
    for call, said in cases:
        with pytest.raises(UsageError, match=said):
            call()
