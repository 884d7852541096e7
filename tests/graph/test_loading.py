"""What is refused, in one sentence each, and what is repaired."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from hand_made import ADD, CONV_2D, FULLY_CONNECTED, INT32, RESHAPE, Graph, chain, edited

from cutpoint import Model, load
from cutpoint.errors import KernelsError, ModelError
from cutpoint.graph import verify
from cutpoint.kernels import open_runner

Models = Callable[[str], Model]


def refused(source: bytes | str | Path, message: str) -> None:
    with pytest.raises(ModelError, match=message) as raised:
        load(source)
    assert "\n" not in str(raised.value)


def refused_after(edit: Callable[[schema.ModelT], object], message: str) -> None:
    refused(edited(chain(2).bytes([0], [2]), edit), message)


def test_path_text_and_bytes_give_the_same_model(model_path: Callable[[str], Path]) -> None:
    path = model_path("keywords")
    assert load(path).sha256 == load(str(path)).sha256 == load(path.read_bytes()).sha256


def test_the_id_is_the_first_four_bytes_of_the_hash(model: Models) -> None:
    keywords = model("keywords")
    assert keywords.id.hex() == keywords.sha256[:8]


def test_an_empty_file_is_refused() -> None:
    refused(b"", "empty")


def test_a_file_of_another_kind_is_refused() -> None:
    refused(b"\x89PNG\r\n\x1a\n" * 20, "no .tflite file")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, "is a folder")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    refused(tmp_path / "none.tflite", "does not exist")


def test_a_path_that_cannot_be_one_is_refused() -> None:
    refused("a\0b", "cannot be read")
    refused("x" * 5000, "cannot be read")


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "m.tflite").touch()
    monkeypatch.setattr(Path, "read_bytes", forbidden)
    refused(tmp_path / "m.tflite", "cannot be read: Permission denied")


def test_every_truncation_is_refused(model_path: Callable[[str], Path]) -> None:
    data = model_path("autoencoder").read_bytes()
    for size in range(0, len(data) - 64, 97):
        refused(data[:size], "empty|no .tflite|damaged|truncated|needs|no ")


def test_control_flow_is_refused_by_name(model_path: Callable[[str], Path]) -> None:
    refused(model_path("control_flow"), "IF, which cannot be cut")


@pytest.mark.parametrize(
    "kind", ["WHILE", "CALL_ONCE", "VAR_HANDLE", "ASSIGN_VARIABLE", "RANDOM_UNIFORM", "WHERE"]
)
def test_operators_with_state_or_chance_are_refused_by_name(kind: str) -> None:
    def rename(model: schema.ModelT) -> None:
        model.operatorCodes[0].builtinCode = getattr(schema.BuiltinOperator, kind)

    refused_after(rename, f"uses {kind}, which cannot be cut")


def test_a_custom_operator_is_refused_by_name() -> None:
    def rename(model: schema.ModelT) -> None:
        model.operatorCodes[0].builtinCode = model.operatorCodes[0].deprecatedBuiltinCode = 32
        model.operatorCodes[0].customCode = b"TFLite_Detection_PostProcess"

    refused_after(rename, "custom operator TFLite_Detection_PostProcess")


def test_an_operator_of_a_newer_schema_is_refused() -> None:
    def rename(model: schema.ModelT) -> None:
        model.operatorCodes[0].builtinCode = 4711

    refused_after(rename, "4711")


def test_several_subgraphs_are_refused() -> None:
    refused_after(lambda model: model.subgraphs.append(model.subgraphs[0]), "2 subgraphs")


def test_another_schema_version_is_refused() -> None:
    def age(model: schema.ModelT) -> None:
        model.version = 2

    refused_after(age, "schema version 2")


def _set_tensor(**fields: object) -> Callable[[schema.ModelT], None]:
    def edit(model: schema.ModelT) -> None:
        for name, value in fields.items():
            setattr(model.subgraphs[0].tensors[1], name, value)

    return edit


def test_a_variable_is_refused() -> None:
    refused_after(_set_tensor(isVariable=True), r"tensor 1 \(t1\) is a variable")


def test_a_tensor_of_strings_is_refused() -> None:
    refused_after(_set_tensor(type=schema.TensorType.STRING), "has the type string")


def test_an_activation_without_a_code_on_the_wire_is_refused() -> None:
    refused_after(_set_tensor(type=schema.TensorType.FLOAT16), "is float16; tensors that may travel are")


def test_a_shape_that_is_not_fixed_is_refused() -> None:
    refused_after(_set_tensor(shape=np.array([1, -1, 2, 1], np.int32)), "sizes must be fixed")


def test_an_enormous_shape_is_refused() -> None:
    refused_after(_set_tensor(shape=np.array([1 << 30] * 4, np.int32)), "below")


def test_a_buffer_that_does_not_exist_is_refused() -> None:
    refused_after(_set_tensor(buffer=99), "names buffer 99")


def test_weights_of_the_wrong_size_are_refused() -> None:
    graph = chain(1)
    weights = graph.tensor(1, 2, 2, 1, data=np.zeros(3, np.int8))
    graph.part.operators[0].inputs = np.array([0, weights], np.int32)
    refused(graph.bytes([0], [1]), "needs 4 bytes for its shape .* its buffer has 3")


def test_weights_outside_of_the_flatbuffer_are_refused(model_path: Callable[[str], Path]) -> None:
    model = schema.ModelT.InitFromPackedBuf(model_path("keywords").read_bytes(), 0)
    model.buffers[1].offset, model.buffers[1].size = 4096, 64
    builder = flatbuffers.Builder(1 << 16)  # `pack` would never write an offset
    builder.Finish(model.Pack(builder), b"TFL3")
    refused(bytes(builder.Output()), "buffer 1 is stored outside of the flatbuffer")


def test_more_scales_than_channels_are_refused() -> None:
    quantisation = schema.QuantizationParametersT()
    quantisation.scale = np.ones(3, np.float32)
    quantisation.quantizedDimension = 3
    refused_after(_set_tensor(quantization=quantisation), "3 scales along axis 3")


def test_a_scale_that_is_no_number_is_refused() -> None:
    quantisation = schema.QuantizationParametersT()
    quantisation.scale = np.array([np.nan], np.float32)
    refused_after(_set_tensor(quantization=quantisation), "negative or not a number")


def _set_operator(index: int, **fields: object) -> Callable[[schema.ModelT], None]:
    def edit(model: schema.ModelT) -> None:
        for name, value in fields.items():
            setattr(model.subgraphs[0].operators[index], name, np.array(value, np.int32))

    return edit


def test_reading_what_is_made_later_is_refused() -> None:
    refused_after(
        _set_operator(0, inputs=[2, 0]), r"operator 0 \(ADD\) reads tensor 2 \(t2\) before anything made it"
    )


def test_making_a_tensor_twice_is_refused() -> None:
    refused_after(_set_operator(1, outputs=[1]), r"makes tensor 1 \(t1\), which exists already")


def test_a_tensor_index_out_of_range_is_refused() -> None:
    refused_after(_set_operator(0, inputs=[0, 77]), "names tensor 77")
    refused_after(_set_operator(0, inputs=[0, -2]), "names tensor -2")


def test_an_operator_code_out_of_range_is_refused() -> None:
    def edit(model: schema.ModelT) -> None:
        model.subgraphs[0].operators[0].opcodeIndex = 5

    refused_after(edit, "operator 0 has no operator code")


def test_an_operator_without_output_is_refused() -> None:
    refused_after(_set_operator(1, outputs=[]), "makes no output")


def test_an_operator_with_too_few_inputs_is_refused() -> None:
    refused_after(_set_operator(0, inputs=[0]), "has 1 inputs, it needs 2")


def test_ends_that_make_no_sense_are_refused() -> None:
    graph = chain(2)
    refused(graph.bytes([], [2]), "no input")
    refused(graph.bytes([0], []), "no output")
    refused(graph.bytes([0, 0], [2]), "input twice")
    refused(graph.bytes([0], [9]), "output is tensor 9")
    graph.tensor(1, 1)
    refused(graph.bytes([0], [3]), "made by no operator")


def test_an_input_with_fixed_data_is_refused() -> None:
    graph = Graph()
    fixed = graph.tensor(1, 2, data=np.zeros(2, np.int8))
    made = graph.add(fixed, fixed)
    refused(graph.bytes([fixed], [made]), "has fixed data in the file")


def test_a_model_without_operators_is_refused() -> None:
    graph = Graph()
    given = graph.tensor(1, 2)
    refused(graph.bytes([given], [given]), "no operator")


def test_missing_and_unknown_options_are_refused(model_path: Callable[[str], Path]) -> None:
    def change(code: int) -> Callable[[schema.ModelT], None]:
        def edit(model: schema.ModelT) -> None:
            softmax = model.subgraphs[0].operators[-1]
            softmax.builtinOptions, softmax.builtinOptionsType = None, code

        return edit

    data = model_path("keywords").read_bytes()
    refused(edited(data, change(0)), r"operator 7 \(SOFTMAX\) lacks its options")
    refused(edited(data, change(255)), r"operator 7 \(SOFTMAX\) has options of an unknown kind")


def test_eight_bit_arithmetic_without_a_scale_is_refused() -> None:
    refused_after(_set_tensor(quantization=None), r"operator 0 \(ADD\) reads or makes int8 without a scale")


def test_a_scale_that_kernels_abort_on_is_refused(model_path: Callable[[str], Path]) -> None:
    def shrink(operator: int, scale: float) -> Callable[[schema.ModelT], None]:
        def edit(model: schema.ModelT) -> None:
            given = model.subgraphs[0].operators[operator].inputs[0]
            model.subgraphs[0].tensors[given].quantization.scale = np.array([scale], np.float32)

        return edit

    data = model_path("keywords").read_bytes()
    refused(edited(data, shrink(2, 1e-30)), r"reads or makes int8 with the scale 1\.0")
    refused(edited(data, shrink(7, 1e-9)), r"operator 7 \(SOFTMAX\) has beta 1\.0 and the scale")


def test_a_stride_of_zero_is_refused() -> None:
    graph = Graph()
    given, made = graph.tensor(1, 4, 4, 1), graph.tensor(1, 4, 4, 1)
    weights = graph.tensor(1, 1, 1, 1, data=np.ones(1, np.int8))
    options = schema.Conv2DOptionsT()
    options.dilationHFactor = options.dilationWFactor = options.strideH = 1
    graph.operator(CONV_2D, [given, weights], [made], options)
    refused(graph.bytes([given], [made]), "strideW = 0; it must be positive")


def test_a_convolution_whose_shapes_disagree_is_refused() -> None:
    graph = Graph()
    given, made = graph.tensor(1, 4, 4, 3), graph.tensor(1, 4, 4, 1)
    weights = graph.tensor(2, 1, 1, 3, data=np.ones(6, np.int8))
    graph.operator(CONV_2D, [given, weights], [made])
    refused(graph.bytes([given], [made]), "cannot turn")


def test_a_fully_connected_layer_whose_shapes_disagree_is_refused(model_path: Callable[[str], Path]) -> None:
    def widen(model: schema.ModelT) -> None:
        model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]].shape = np.array([1 << 25, 48], np.int32)

    refused(
        edited(model_path("autoencoder").read_bytes(), widen), r"cannot turn \[33554432, 48\] into \[1, 24\]"
    )


def test_a_shape_that_changes_when_run_is_refused_by_verification() -> None:
    graph = Graph()
    given, wide = graph.tensor(1, 2, 2, 1), graph.tensor(1, 2, 9, 1)
    graph.operator(ADD, [given, given], [wide])
    last = graph.add(wide, wide)
    with pytest.raises(
        ModelError, match=re.escape("has the shape [1, 2, 9, 1] in the file but [1, 2, 2, 1]")
    ):
        verify(load(graph.bytes([given], [last])))


def test_a_stale_axis_of_a_single_scale_is_repaired_and_said() -> None:
    def age(model: schema.ModelT) -> None:
        model.subgraphs[0].tensors[1].quantization.quantizedDimension = 7

    stale = edited(chain(2).bytes([0], [2]), age)
    repaired = load(stale)
    assert len(repaired.repairs) == 1
    assert "tensor 1 (t1) has 1 scale(s) but names axis 7" in repaired.repairs[0]
    assert repaired.data != stale
    assert load(repaired.data).repairs == ()
    assert load(stale).id == repaired.id
    assert verify(repaired).ok
    open_runner(repaired.data, "reference")


def test_a_stale_axis_of_several_scales_is_repaired_where_only_one_axis_fits(
    model_path: Callable[[str], Path],
) -> None:
    def age(model: schema.ModelT) -> None:
        for tensor in model.subgraphs[0].tensors:
            if tensor.shape is not None and len(tensor.shape) == 1 and tensor.quantization.scale is not None:
                tensor.quantization.quantizedDimension = 3

    stale = edited(model_path("fomo_like").read_bytes(), age)
    with pytest.raises(KernelsError, match="quantized_dimension must be in range"):
        open_runner(stale, "reference")
    repaired = load(stale)
    assert len(repaired.repairs) == 15  # the biases of 15 convolutions
    assert all("set to axis 0" in repair for repair in repaired.repairs)
    assert verify(repaired, kernels=("reference",)).ok


def test_a_stale_axis_that_could_mean_two_is_refused() -> None:
    quantisation = schema.QuantizationParametersT()
    quantisation.scale = np.ones(2, np.float32)
    quantisation.quantizedDimension = 4
    refused_after(_set_tensor(quantization=quantisation), "2 scales along axis 4")


def test_a_clean_model_runs_from_the_very_bytes_of_its_file(model_path: Callable[[str], Path]) -> None:
    data = model_path("fomo_like").read_bytes()
    assert load(data).data == data
    assert load(data).repairs == ()


def test_an_omitted_optional_input_is_kept() -> None:
    graph = Graph()
    given, made = graph.tensor(1, 4), graph.tensor(1, 3)
    weights = graph.tensor(3, 4, data=np.arange(12, dtype=np.int8))
    graph.operator(FULLY_CONNECTED, [given, weights, -1], [made], schema.FullyConnectedOptionsT(), version=4)
    last = graph.add(made, made)
    model = load(graph.bytes([given], [last]))
    assert model.operators[0].inputs == (given, weights, -1)
    assert load(model.split(1)[0]).operators[0].inputs[2] == -1
    assert verify(model).ok


def test_a_constant_without_elements_is_a_constant() -> None:
    graph = Graph()
    given = graph.tensor(1, 1)
    shape = graph.tensor(0, type=INT32, scale=None)
    made = graph.tensor()
    graph.operator(RESHAPE, [given, shape], [made])
    model = load(graph.bytes([given], [made]))
    assert model.tensors[shape].constant
    assert model.live(0) == (given,)


def test_a_device_file_is_refused_instead_of_read_without_end() -> None:
    with pytest.raises(ModelError, match="no ordinary file"):
        load("/dev/zero")
