"""The manifest of a bundle: everything about a split model that is not weights, as JSON that is checked when read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from math import prod
from typing import Annotated, Any, Final, Literal, Self

import numpy as np
from pydantic import Field, FiniteFloat, ValidationError, model_validator

from cutpoint.errors import BundleError
from cutpoint.graph.codecs_entry import CodecsEntry
from cutpoint.graph.fields import LARGEST_COUNT, Count, Entry, Label, Name, Sha256, Text

SCHEMA_VERSION: Final = 3

Document = dict[str, Any]
Upgrade = Callable[[Document], Document]


def _without_plan(document: Document) -> Document:
    """From 1, which knew no Stream engine, to 2."""
    why = "the bundle was made before there were plans; make it again with `cutpoint split`"
    return document | {"schema_version": 2, "stream": {"operators": 0, "why": why, "plan": None}}


def _without_codecs(document: Document) -> Document:
    """From 2, which knew no calibrated codecs, to 3."""
    return document | {"schema_version": 3, "codecs": None}


UPGRADES: Final[Mapping[int, Upgrade]] = {1: _without_plan, 2: _without_codecs}
"""For each older schema version, what turns its document into the next version's."""

_LARGEST_ZERO_POINT: Final = (1 << 31) - 1
_LONGEST_STEP: Final = 40

OutputKind = Literal["fomo", "classes", "raw"]
Fusion = Literal["edge-impulse", "geometric"]


def first_error(error: ValidationError) -> tuple[str, str]:
    """Where the first thing is wrong ("cuts.2.bytes", "" for the whole), and what."""
    first = error.errors(include_url=False, include_input=False)[0]
    # A step may be a key of the document that nobody expects, so anything at all.
    steps = (ascii(str(step)[:_LONGEST_STEP])[1:-1] for step in first["loc"])
    return ".".join(steps), first["msg"].removeprefix("Value error, ")


class TensorEntry(Entry):
    """A tensor that travels, or goes in or out; index is that of the whole model."""

    index: Count
    name: Text
    shape: tuple[Count, ...]
    dtype: Literal["int8", "uint8", "int16", "int32", "int64", "float32", "bool"]
    bytes: Count
    scale: FiniteFloat | None
    zero_point: Annotated[int, Field(ge=-_LARGEST_ZERO_POINT - 1, le=_LARGEST_ZERO_POINT)] | None

    @model_validator(mode="after")
    def _size_fits(self) -> Self:
        if prod(self.shape) * np.dtype(self.dtype).itemsize != self.bytes:
            raise ValueError(
                f"tensor {self.index} is said to have {self.bytes} bytes, its shape needs others"
            )
        return self


class OperatorEntry(Entry):
    """An operator in running order; bytes is the size of its outputs."""

    index: Count
    kind: Text
    macs: Count
    bytes: Count


class CutEntry(Entry):
    """A cut with what travels; arena_bytes is what the head needs, by engine, null where nobody knows it.

    "tflm" is TFLM's arena, the picture included; "stream" the Stream engine's block, the picture apart; "stream_on" the
    same with going on from the cut to the end, where the whole network is in the plan.
    """

    k: Count
    tensors: tuple[TensorEntry, ...]
    bytes: Count
    macs_before: Count
    macs_after: Count
    arena_bytes: dict[Text, Count | None]

    @model_validator(mode="after")
    def _sum_fits(self) -> Self:
        if sum(tensor.bytes for tensor in self.tensors) != self.bytes:
            raise ValueError(f"cut {self.k} is said to carry {self.bytes} bytes, its tensors have others")
        return self


class OutputEntry(Entry):
    """What the outputs mean. threshold and fusion are for "fomo" only, null otherwise."""

    kind: OutputKind
    threshold: Annotated[FiniteFloat, Field(ge=0, le=1)] | None
    fusion: Fusion | None


class PlanEntry(Entry):
    """The plan file. picture_bytes: what the network's inputs take beside the block; line_bytes: fed line by line."""

    bytes: Count
    sha256: Sha256
    picture_bytes: Count
    line_bytes: Count


class StreamEntry(Entry):
    """What the Stream engine makes of the operators on board: it runs [0, operators); why says why no more of them."""

    operators: Count
    why: Text | None
    plan: PlanEntry | None

    @model_validator(mode="after")
    def _plan_fits(self) -> Self:
        if (self.plan is None) != (self.operators == 0):
            raise ValueError(
                f"{self.operators} operators can be streamed, so a plan is out of place or missing"
            )
        return self


class Manifest(Entry):
    """`manifest.json`, schema version 3. engines are the versions that measured the arenas, and the plan's.

    codecs: what `cutpoint calibrate` made, null before it was asked to.
    """

    schema_version: Literal[3]
    name: Name
    sha256: Sha256
    device_sha256: Sha256
    max_cut: Count
    inputs: Annotated[tuple[TensorEntry, ...], Field(min_length=1)]
    outputs: Annotated[tuple[TensorEntry, ...], Field(min_length=1)]
    operators: tuple[OperatorEntry, ...]
    cuts: tuple[CutEntry, ...]
    labels: tuple[Label, ...]
    output: OutputEntry
    stream: StreamEntry
    codecs: CodecsEntry | None
    engines: dict[Text, Text]
    repairs: tuple[Text, ...]

    @model_validator(mode="after")
    def _counts_fit(self) -> Self:
        if [operator.index for operator in self.operators] != list(range(len(self.operators))):
            raise ValueError("the operators are not numbered from 0 on")
        if [cut.k for cut in self.cuts] != list(range(len(self.operators) + 1)):
            raise ValueError(f"{len(self.operators)} operators need the cuts 0 to {len(self.operators)}")
        if self.max_cut > len(self.operators):
            raise ValueError(f"max_cut is {self.max_cut}, the last cut is {len(self.operators)}")
        if self.stream.operators > self.max_cut:
            raise ValueError(f"{self.stream.operators} operators are in the plan, {self.max_cut} on board")
        if self.codecs is not None:
            for setting in self.codecs.settings:
                if setting.cut > self.max_cut:
                    raise ValueError(
                        f"setting {setting.number} is for cut {setting.cut}, max_cut is {self.max_cut}"
                    )
        return self

    def to_json(self) -> str:
        return json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"


def read_manifest(text: str, where: str) -> Manifest:
    """Parse and check a manifest; raises BundleError with the first thing that is wrong. where names it in messages."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{where} is no JSON ({error}); make the bundle again") from None
    document = upgrade(document, where)
    try:
        return Manifest.model_validate(document)
    except ValidationError as error:
        place, message = first_error(error)
        raise BundleError(f"{where} is not valid{f' at {place}' if place else ''}: {message}") from None


def upgrade(
    document: Any, where: str, *, upgrades: Mapping[int, Upgrade] = UPGRADES, newest: int = SCHEMA_VERSION
) -> Document:
    """Bring a document of an older schema version to the newest, one version at a time."""
    version = document.get("schema_version") if isinstance(document, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or abs(version) > LARGEST_COUNT:
        raise BundleError(f"{where} has no schema_version; it is not the manifest of a bundle")
    if version > newest:
        raise BundleError(
            f"{where} has schema version {version}, this program reads up to {newest}: update cutpoint"
        )
    while version < newest:
        if version not in upgrades:
            raise BundleError(
                f"{where} has schema version {version}, which no release of cutpoint has written"
            )
        document = upgrades[version](document)
        version += 1
    result: Document = document
    return result
