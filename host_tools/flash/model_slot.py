"""A bundle as a slot image, and which of a board's two slots it goes to."""

from __future__ import annotations

from pathlib import Path

from cutpoint.errors import UsageError


def slot_image_of(path: Path, on_board: int | None = None, *, stamp: int = 0) -> bytes:
    """The slot image of a bundle (NAME.cut), with operators [0, on_board) or all of its device model.

    stamp: another one for every writing, so that a board tries a model that it has judged before.

    Raises:
        UsageError: there is no bundle, or it is damaged.
    """
    import cutpoint
    from cutpoint.board import slot_image

    if not path.is_dir():
        what = "is a .tflite file" if path.suffix == ".tflite" else "is no bundle"
        raise UsageError(
            f"--model {path} {what}; expected a bundle's folder NAME.cut: cutpoint split MODEL -o bundles makes one"
        )
    return slot_image(cutpoint.Bundle.open(path), on_board, stamp=stamp)
