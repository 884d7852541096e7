"""A bundle: the folder `<name>.cut/` in which a split model is kept, shipped and served."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from cutpoint.answer import AnswerRule, OutputTensor, RuleError
from cutpoint.codec import CodecError, CodecTables
from cutpoint.errors import BundleError, ModelError
from cutpoint.graph.codec_tables import check_codec_tables
from cutpoint.graph.codecs_entry import CodecsEntry
from cutpoint.graph.describe import check_described, describe
from cutpoint.graph.folder import replace_folder
from cutpoint.graph.manifest import (
    CutEntry,
    Fusion,
    Manifest,
    OperatorEntry,
    OutputKind,
    TensorEntry,
    read_manifest,
)
from cutpoint.graph.model import Model
from cutpoint.graph.reader import LARGEST_FILE_BYTES, load
from cutpoint.graph.shapes import check_shapes
from cutpoint.graph.stream import compile_stream
from cutpoint.graph.streamed import check_plan_file, stream_plan

SUFFIX = ".cut"
MANIFEST = "manifest.json"
FULL = "full.tflite"
DEVICE = "device.tflite"
PLAN = "stream.plan"
TABLES = "codec.tables"
LARGEST_MANIFEST_BYTES = 64 << 20
LARGEST_TABLES_BYTES = 16 << 20


@dataclass(frozen=True, eq=False)
class Bundle:
    """An opened bundle; everything in it has been checked against its manifest.

    full is the whole model, device its operators [0, max_cut) with the tensor indices of the whole. stream_plan is the
    Stream engine's plan for them, or for as many as it runs; None when it runs none. codec_tables is what
    `cutpoint calibrate` made; None before. A lean one keeps no parsed model, which takes more memory than everything
    else.
    """

    path: Path
    manifest: Manifest = field(repr=False)
    full: bytes = field(repr=False)
    device: bytes = field(repr=False)
    stream_plan: bytes | None = field(repr=False)
    codec_tables: bytes | None = field(repr=False)
    answer_rule: AnswerRule = field(repr=False)
    _model: Model | None = field(repr=False)

    @classmethod
    def create(
        cls,
        model: bytes | Model,
        out_dir: Path,
        *,
        name: str | None = None,
        labels: Sequence[str] = (),
        output: OutputKind = "raw",
        threshold: float = 0.5,
        fusion: Fusion = "edge-impulse",
        max_cut: int | None = None,
    ) -> Self:
        """Cut a model and write `<out_dir>/<name>.cut/`, replacing a bundle of that name.

        name: letters, digits, `.`, `_`, `-`; without one it is made of the model id. labels: names of the classes, for
        "fomo" without the background. threshold (above 0, at most 1) and fusion are for "fomo" only, see
        `cutpoint.answer.fomo`. max_cut: largest K a board will be asked for, N by default. The folder appears complete
        or not at all. Raises ModelError for a model that cannot be cut, KernelsError for one that LiteRT cannot run,
        BundleError for arguments that do not fit or a place that cannot be written.
        """
        cut = model if isinstance(model, Model) else load(model)
        if max_cut is not None and not 0 <= max_cut <= len(cut.operators):
            raise BundleError(f"max_cut is {max_cut}; this model has the cuts 0 to {len(cut.operators)}")
        on_board = len(cut.operators) if max_cut is None else max_cut
        check_shapes(cut)
        device = cut.truncate(on_board)
        stream, plan = stream_plan(cut, on_board)
        manifest = describe(
            cut,
            name=f"model-{cut.id.hex()}" if name is None else name,
            device_sha256=_sha256(device),
            max_cut=on_board,
            labels=tuple(labels),
            output=output,
            threshold=threshold if output == "fomo" else None,
            fusion=fusion if output == "fomo" else None,
            stream=stream,
            plan=plan,
        )
        _rule(manifest, "this model")
        path = Path(out_dir) / f"{manifest.name}{SUFFIX}"
        replace_folder(
            path,
            {MANIFEST: manifest.to_json().encode(), FULL: cut.data, DEVICE: device}
            | ({} if plan is None else {PLAN: plan}),
            recognised_by=MANIFEST,
        )
        return cls.open(path)

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Read a bundle; raises BundleError when a file is missing, damaged, foreign, or of a newer schema."""
        folder = Path(path)
        try:
            found = folder.is_dir()
        except OSError as error:
            raise BundleError(f"{folder} cannot be read: {error.strerror or error}") from None
        if not found:
            raise BundleError(f"{folder} is no bundle: there is no such folder; `cutpoint split` makes one")
        text = _read(folder / MANIFEST, LARGEST_MANIFEST_BYTES)
        try:
            manifest = read_manifest(text.decode("utf-8"), str(folder / MANIFEST))
        except UnicodeDecodeError:
            raise BundleError(f"{folder / MANIFEST} is no text; make the bundle again") from None
        full, device = (_read(folder / name, LARGEST_FILE_BYTES) for name in (FULL, DEVICE))
        _check_hash(full, manifest.sha256, folder / FULL)
        _check_hash(device, manifest.device_sha256, folder / DEVICE)
        model = _load(full, folder / FULL)
        check_described(manifest, model, str(folder / MANIFEST))
        if device == full and manifest.max_cut == len(model.operators):
            # One file twice, as for every board that holds the whole network: kept once.
            device = full
        else:
            _check_device(device, model, manifest.max_cut, folder / DEVICE)
        plan = _open_plan(manifest, folder / PLAN)
        tables = _open_tables(manifest, folder / TABLES)
        return cls(folder, manifest, full, device, plan, tables, _rule(manifest, str(folder)), model)

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def model_id(self) -> bytes:
        """First 4 bytes of the SHA-256 of `full`: the model's name on the wire."""
        return bytes.fromhex(self.manifest.sha256)[:4]

    @property
    def labels(self) -> tuple[str, ...]:
        return self.manifest.labels

    @property
    def operators(self) -> tuple[OperatorEntry, ...]:
        return self.manifest.operators

    @property
    def cuts(self) -> tuple[CutEntry, ...]:
        return self.manifest.cuts

    @property
    def inputs(self) -> tuple[TensorEntry, ...]:
        return self.manifest.inputs

    @property
    def outputs(self) -> tuple[TensorEntry, ...]:
        return self.manifest.outputs

    @property
    def n(self) -> int:
        """Number of operators, N."""
        return len(self.manifest.operators)

    @property
    def max_cut(self) -> int:
        """Number of operators on board, K."""
        return self.manifest.max_cut

    def plan_for(self, on_board: int) -> bytes | None:
        """The Stream engine's plan for a board that holds so many operators, or as many of them as it runs; else None.

        Compiles one when the board holds fewer operators than `stream_plan` has.
        """
        streamed = min(on_board, self.manifest.stream.operators)
        if streamed == self.manifest.stream.operators:
            return self.stream_plan
        return compile_stream(self.model(), streamed).encode() if streamed else None

    def tables(self) -> CodecTables | None:
        """The codec tables opened, None before `cutpoint calibrate`; each call opens them anew.

        Raises BundleError for tables that no codec can use: made by hand, or by another version.
        """
        if self.codec_tables is None:
            return None
        try:
            return CodecTables.open(self.codec_tables, self.model_id)
        except CodecError as error:
            raise BundleError(
                f"{self.path / TABLES} cannot be used: {error}; make it again with `cutpoint calibrate`"
            ) from None

    def with_codecs(self, entry: CodecsEntry, tables: bytes) -> Self:
        """Put codec tables into the bundle, in place of those that were there, and open it again.

        The folder is replaced whole. Raises BundleError for tables that the entry does not describe or a place that
        cannot be written; then nothing has changed.
        """
        manifest = self.manifest.model_copy(update={"codecs": entry})
        try:
            check_codec_tables(entry, manifest.cuts, self.model_id, tables)
        except ModelError as error:
            raise BundleError(f"{self.path / TABLES} cannot be as given: {error}") from None
        files = {MANIFEST: manifest.to_json().encode(), FULL: self.full, DEVICE: self.device, TABLES: tables}
        if self.stream_plan is not None:
            files[PLAN] = self.stream_plan
        replace_folder(self.path, files, recognised_by=MANIFEST)
        return type(self).open(self.path)

    def model(self) -> Model:
        """The whole model, as it was parsed when the bundle was opened; a lean one parses it at every call."""
        return self._model if self._model is not None else _load(self.full, self.path / FULL)

    def lean(self) -> Self:
        """The same without the parsed model."""
        return replace(self, _model=None)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _read(path: Path, most_bytes: int) -> bytes:
    try:
        # A pipe would be waited for, a device file read without end.
        if path.exists() and not path.is_file():
            raise BundleError(f"{path} is no ordinary file; make the bundle again with `cutpoint split`")
        if path.stat().st_size > most_bytes:
            raise BundleError(f"{path} is larger than {most_bytes} bytes; it is not the file of a bundle")
        return path.read_bytes()
    except FileNotFoundError:
        raise BundleError(f"{path} is missing; make the bundle again with `cutpoint split`") from None
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror or error}") from None


def _load(data: bytes, path: Path) -> Model:
    try:
        return load(data)
    except ModelError as error:
        raise BundleError(f"{path} cannot be used: {error}") from None


def _check_hash(data: bytes, expected: str, path: Path) -> None:
    if _sha256(data) != expected:
        raise BundleError(
            f"{path} is not the file that the manifest describes (its SHA-256 differs): "
            "it is damaged or belongs to another bundle; make the bundle again"
        )


def _open_plan(manifest: Manifest, path: Path) -> bytes | None:
    entry = manifest.stream.plan
    if entry is None:
        return None
    plan = _read(path, LARGEST_FILE_BYTES)
    _check_hash(plan, entry.sha256, path)
    try:
        check_plan_file(manifest.stream, manifest.cuts, bytes.fromhex(manifest.sha256)[:4], plan)
    except ModelError as error:
        raise BundleError(f"{path} cannot be used: {error}; make the bundle again") from None
    return plan


def _open_tables(manifest: Manifest, path: Path) -> bytes | None:
    entry = manifest.codecs
    if entry is None:
        return None
    if not path.exists():
        raise BundleError(f"{path} is missing; make it again with `cutpoint calibrate`")
    tables = _read(path, LARGEST_TABLES_BYTES)
    _check_hash(tables, entry.sha256, path)
    try:
        check_codec_tables(entry, manifest.cuts, bytes.fromhex(manifest.sha256)[:4], tables)
    except ModelError as error:
        raise BundleError(
            f"{path} cannot be used: {error}; make it again with `cutpoint calibrate`"
        ) from None
    return tables


def _check_device(device: bytes, model: Model, max_cut: int, path: Path) -> None:
    # The bytes are not compared: another version of the FlatBuffers library may lay the same tables out otherwise.
    if max_cut and _load(device, path).operators != model.operators[:max_cut]:
        raise BundleError(
            f"{path} does not hold the first {max_cut} operators of {FULL}: it belongs to another bundle; "
            "make the bundle again"
        )


def _rule(manifest: Manifest, where: str) -> AnswerRule:
    output, first = manifest.output, manifest.inputs[0].shape
    if output.kind == "fomo":
        _check_labels(manifest, where)
    rule_outputs = tuple(
        OutputTensor(tensor.index, tensor.shape, tensor.dtype, tensor.scale, tensor.zero_point)
        for tensor in manifest.outputs
    )
    try:
        return AnswerRule(
            kind=output.kind,
            outputs=rule_outputs,
            labels=manifest.labels,
            input_shape=(first[1], first[2]) if len(first) == 4 else None,
            threshold=0.5 if output.threshold is None else output.threshold,
            fusion=output.fusion or "edge-impulse",
        )
    except RuleError as error:
        raise BundleError(f"{where}: {error}") from None


def _check_labels(manifest: Manifest, where: str) -> None:
    shape = manifest.outputs[0].shape
    if len(manifest.outputs) != 1 or len(shape) != 4 or shape[0] != 1 or shape[3] < 2:
        raise BundleError(
            f"{where} has outputs of shape {', '.join(str(list(tensor.shape)) for tensor in manifest.outputs)}; "
            "'fomo' needs one grid [1, height, width, 1 + labels]: use --output classes or raw"
        )
    if len(manifest.labels) != shape[3] - 1:
        raise BundleError(
            f"{where} finds {shape[3] - 1} kinds of objects, {len(manifest.labels)} labels are given: "
            f"name {shape[3] - 1} with --labels, without the background"
        )
