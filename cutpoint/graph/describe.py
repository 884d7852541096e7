"""Fill in the manifest of a model (its cuts, and the arena that each head needs), and check one that was read."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata

from pydantic import ValidationError

from cutpoint.errors import BundleError, KernelsError
from cutpoint.graph.manifest import (
    SCHEMA_VERSION,
    CutEntry,
    Fusion,
    Manifest,
    OperatorEntry,
    OutputEntry,
    OutputKind,
    StreamEntry,
    TensorEntry,
    first_error,
)
from cutpoint.graph.model import Model, Tensor
from cutpoint.graph.stream import PLAN_VERSION
from cutpoint.graph.streamed import plan_bytes_by_cut
from cutpoint.kernels import arena_bytes

ENGINE_PACKAGES = {"tflm": "tflite-micro"}


def describe(
    model: Model,
    *,
    name: str,
    device_sha256: str,
    max_cut: int,
    labels: tuple[str, ...],
    output: OutputKind,
    threshold: float | None,
    fusion: Fusion | None,
    stream: StreamEntry,
    plan: bytes | None,
) -> Manifest:
    """The manifest of a model. Measures the arena of every head that a board may be asked for, up to max_cut.

    stream, plan: of `stream_plan`. Raises BundleError when name, labels or output parameters are not allowed.
    """
    blocks = plan_bytes_by_cut(plan, len(model.cuts))
    arenas = [{"tflm": _arena(model, k) if k <= max_cut else None} | block for k, block in enumerate(blocks)]
    try:
        return Manifest(
            schema_version=SCHEMA_VERSION,
            name=name,
            sha256=model.sha256,
            device_sha256=device_sha256,
            max_cut=max_cut,
            inputs=_entries(model, model.inputs),
            outputs=_entries(model, model.outputs),
            operators=_operators(model),
            cuts=_cuts(model, arenas),
            labels=labels,
            output=OutputEntry(kind=output, threshold=threshold, fusion=fusion),
            stream=stream,
            codecs=None,
            engines=_engines() | ({} if plan is None else {"stream": str(PLAN_VERSION)}),
            repairs=model.repairs,
        )
    except ValidationError as error:
        place, message = first_error(error)
        raise BundleError(f"{place or 'the bundle'} cannot be as given: {message}") from None


def check_described(manifest: Manifest, model: Model, where: str) -> None:
    """Raise BundleError unless the manifest says of the model what the model's file says; where names it in messages.

    Servers and devices go by the manifest, so a wrong number there would answer wrongly without a word.
    """
    arenas = [cut.arena_bytes for cut in manifest.cuts]
    for what, said, read in (
        ("inputs", manifest.inputs, _entries(model, model.inputs)),
        ("outputs", manifest.outputs, _entries(model, model.outputs)),
        ("operators", manifest.operators, _operators(model)),
        ("cuts", manifest.cuts, _cuts(model, arenas) if len(arenas) == len(model.cuts) else ()),
    ):
        if said != read:
            raise BundleError(
                f"{where} names other {what} than the model beside it has: it is damaged or belongs to another "
                "bundle; make the bundle again"
            )


def _entries(model: Model, tensors: tuple[int, ...]) -> tuple[TensorEntry, ...]:
    return tuple(tensor_entry(model.tensors[index]) for index in tensors)


def _operators(model: Model) -> tuple[OperatorEntry, ...]:
    return tuple(
        OperatorEntry(index=o.index, kind=o.kind, macs=o.macs, bytes=o.output_bytes) for o in model.operators
    )


def _cuts(model: Model, arenas: Sequence[dict[str, int | None]]) -> tuple[CutEntry, ...]:
    return tuple(
        CutEntry(
            k=cut.k,
            tensors=tuple(tensor_entry(tensor) for tensor in cut.tensors),
            bytes=cut.bytes,
            macs_before=cut.macs_before,
            macs_after=cut.macs_after,
            arena_bytes=arena,
        )
        for cut, arena in zip(model.cuts, arenas, strict=True)
    )


def tensor_entry(tensor: Tensor) -> TensorEntry:
    """One tensor as the manifest keeps it."""
    return TensorEntry.model_validate(
        {
            "index": tensor.index,
            "name": tensor.name,
            "shape": tensor.shape,
            "dtype": tensor.dtype.name,
            "bytes": tensor.bytes,
            "scale": tensor.scale,
            "zero_point": tensor.zero_point,
        }
    )


def _arena(model: Model, k: int) -> int | None:
    try:
        return arena_bytes(model.truncate(k))
    except KernelsError:  # TFLM lacks an operator: the model has no arena there
        return None


def _engines() -> dict[str, str]:
    found = {}
    for engine, package in ENGINE_PACKAGES.items():
        try:
            found[engine] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
