"""Where a device's pictures come from: a folder, arrays in a file, or chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from PIL import Image, ImageOps

from cutpoint.errors import UsageError
from cutpoint.picture.input_tensor import Array, InputTensor

PICTURE_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")


@dataclass(frozen=True, slots=True)
class Sample:
    """One inference's worth: a name, and one array for each input of the model."""

    name: str
    arrays: tuple[Array, ...] = field(repr=False)


class Source(Protocol):
    """Samples, in a fixed order; `len` says how many there are before they repeat."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Sample]: ...


class PictureFiles:
    """Pictures, in the order given; read when their turn comes, always as red, green, blue."""

    def __init__(self, paths: Sequence[Path], inputs: Sequence[InputTensor]) -> None:
        """Raises UsageError when the model takes something else than one picture."""
        if len(inputs) != 1 or inputs[0].picture_size is None:
            shapes = ", ".join(f"{tensor.name!r} {list(tensor.shape)}" for tensor in inputs)
            raise UsageError(
                f"pictures need a model with one picture as input, this one takes {shapes}; give an .npz file"
            )
        self._input = inputs[0]
        self._paths = tuple(paths)

    @classmethod
    def of_folder(cls, folder: Path, inputs: Sequence[InputTensor]) -> Self:
        """Every picture of a folder, by name. Raises UsageError when there is none."""
        try:
            paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES)
        except OSError as error:
            raise UsageError(f"folder {folder} cannot be read: {error.strerror}") from error
        if not paths:
            raise UsageError(f"folder {folder} holds no picture ({', '.join(PICTURE_SUFFIXES)})")
        return cls(paths, inputs)

    def __len__(self) -> int:
        return len(self._paths)

    def __iter__(self) -> Iterator[Sample]:
        for path in self._paths:
            yield Sample(path.name, (self._input.of_picture(read_picture(path)),))


class ArrayFile:
    """Arrays of a .npy or .npz file: samples along the first axis, one array of the .npz for each input."""

    def __init__(self, path: Path, inputs: Sequence[InputTensor]) -> None:
        """For .npz, arrays are taken by the inputs' names when all are there, else in the file's order.

        Raises UsageError when the file cannot be read or does not fit the model.
        """
        self._inputs = tuple(inputs)
        self._name = path.stem
        self._stacks = [
            _stack(array, tensor) for array, tensor in zip(_arrays(path, inputs), inputs, strict=True)
        ]
        counts = {stack.shape[0] if stack.ndim else 0 for stack in self._stacks}
        if len(counts) != 1 or 0 in counts:
            raise UsageError(
                f"{path}: the arrays hold {sorted(counts)} samples; give as many of each, one or more"
            )

    def __len__(self) -> int:
        return len(self._stacks[0])

    def __iter__(self) -> Iterator[Sample]:
        for place in range(len(self)):
            arrays = (
                tensor.of_array(stack[place])
                for tensor, stack in zip(self._inputs, self._stacks, strict=True)
            )
            yield Sample(f"{self._name}[{place}]", tuple(arrays))


class RandomSource:
    """Noise over the whole range of every input, the same for the same seed; for loads, not for answers."""

    def __init__(self, count: int, inputs: Sequence[InputTensor], seed: int = 0) -> None:
        self._count, self._inputs, self._seed = count, tuple(inputs), seed

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Sample]:
        rng = np.random.default_rng(self._seed)
        for place in range(self._count):
            yield Sample(f"random[{place}]", tuple(_noise(tensor, rng) for tensor in self._inputs))


def open_source(
    text: str | Path, inputs: Sequence[InputTensor], *, count: int = 1000, seed: int = 0
) -> Source:
    """A folder of pictures, one picture, a .npy or .npz file, or `random` (`count` samples).

    Raises UsageError.
    """
    if str(text) == "random":
        return RandomSource(count, inputs, seed)
    path = Path(text)
    if path.is_dir():
        return PictureFiles.of_folder(path, inputs)
    if path.suffix.lower() in (".npy", ".npz"):
        return ArrayFile(path, inputs)
    if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file():
        return PictureFiles([path], inputs)
    raise UsageError(f"{path}: no folder, picture, .npy or .npz file is there; give one, or the word random")


def read_picture(path: Path) -> Array:
    """uint8 (H, W, 3), whatever the file holds; turned as its camera says. Raises UsageError."""
    try:
        with Image.open(path) as picture:
            upright = ImageOps.exif_transpose(picture)
            return np.asarray(_of_8_bits(upright, picture.format).convert("RGB"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    except Exception as error:
        # What a damaged file makes Pillow's many parsers raise has no common base.
        raise UsageError(f"{path} is no picture that can be read: {error}") from error


def _of_8_bits(picture: Image.Image, form: str | None) -> Image.Image:
    """The picture, or for 16-bit grey its upper bytes: Pillow would clip instead of scaling."""
    if picture.mode.startswith("I;16") or (picture.mode == "I" and form in ("PNG", "PPM")):
        return Image.fromarray((np.asarray(picture).astype(np.uint32) >> 8).astype(np.uint8))
    if picture.mode in ("I", "F"):
        raise ValueError("its 32-bit values have no white of their own; save it with 8 or 16 bits")
    return picture


def _arrays(path: Path, inputs: Sequence[InputTensor]) -> list[Array]:
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            arrays = {path.stem: loaded}
        else:
            with loaded:
                arrays = {name: loaded[name] for name in loaded.files}
    except Exception as error:
        # What a damaged file makes NumPy and zipfile raise has no common base.
        raise UsageError(f"{path} cannot be read as NumPy arrays: {error}") from error
    names = [tensor.name for tensor in inputs]
    if set(names) <= arrays.keys():
        return [arrays[name] for name in names]
    if len(arrays) < len(inputs):
        raise UsageError(
            f"{path} holds {len(arrays)} arrays, the model takes {len(inputs)}: {', '.join(names)}"
        )
    return list(arrays.values())[: len(inputs)]


def _stack(array: Array, tensor: InputTensor) -> Array:
    rank = len(tensor.shape) if tensor.shape[:1] != (1,) else len(tensor.shape) - 1
    if array.ndim in (rank, rank - 1) and array.shape == tensor.shape[len(tensor.shape) - array.ndim :]:
        return array[np.newaxis]
    return array


def _noise(tensor: InputTensor, rng: np.random.Generator) -> Array:
    if np.issubdtype(tensor.dtype, np.floating):
        return rng.random(tensor.shape).astype(tensor.dtype)
    if tensor.dtype == np.bool_:
        return rng.integers(0, 2, tensor.shape).astype(np.bool_)
    limits = np.iinfo(tensor.dtype.name)
    values = rng.integers(limits.min, limits.max, tensor.shape, np.int64, endpoint=True)
    return values.astype(tensor.dtype)
