#include "model_check.h"

#include "operators.h"
#include "refusal.h"
#include "tensor_bytes.h"
#include "tensorflow/lite/schema/schema_utils.h"

namespace cutpoint {
namespace tflm {
namespace {

constexpr uint32_t kSchemaVersion = 3;
constexpr uint32_t kMostTensors = 0xFFFE;  // indices are 16-bit on the wire
constexpr uint32_t kMostOperators = 0xFFFE;
constexpr uint32_t kMostOperatorCodes = 255;
constexpr uint32_t kMostDimensions = 8;
constexpr char kOfflinePlan[] = "OfflineMemoryAllocation";

using Indices = flatbuffers::Vector<int32_t>;

uint32_t count(const Indices* indices) { return indices == nullptr ? 0 : indices->size(); }

bool damaged(LoadResult& result, const char* what, uint32_t index) {
  return refuse(result, LoadError::kDamaged, "The model is damaged: %s %u.", what, static_cast<unsigned>(index));
}

bool unsupported(LoadResult& result, const char* what) {
  return refuse(result, LoadError::kUnsupported, "The model has %s, which this firmware does not run.", what);
}

bool check_form(const tflite::Model& model, LoadResult& result) {
  if (model.version() != kSchemaVersion) {
    return refuse(result, LoadError::kUnsupported, "The model has schema version %u, version %u is supported.",
                  static_cast<unsigned>(model.version()), static_cast<unsigned>(kSchemaVersion));
  }
  if (model.subgraphs() == nullptr || model.subgraphs()->size() == 0 || model.buffers() == nullptr) {
    return refuse(result, LoadError::kDamaged, "The model has no subgraph or no buffers.");
  }
  if (model.subgraphs()->size() != 1) {
    return unsupported(result, "several subgraphs");
  }
  const tflite::SubGraph& graph = *(*model.subgraphs())[0];
  if (graph.tensors() == nullptr || count(graph.inputs()) == 0 || count(graph.outputs()) == 0) {
    return refuse(result, LoadError::kDamaged, "The model has no tensors, no input or no output.");
  }
  if (graph.tensors()->size() > kMostTensors ||
      (graph.operators() != nullptr && graph.operators()->size() > kMostOperators)) {
    return unsupported(result, "more than 65534 tensors or operators");
  }
  if (model.operator_codes() != nullptr && model.operator_codes()->size() > kMostOperatorCodes) {
    return unsupported(result, "more than 255 operator codes");
  }
  for (const tflite::Buffer* buffer : *model.buffers()) {
    if (buffer->offset() != 0 || buffer->size() != 0) {
      return unsupported(result, "weights outside of its flatbuffer");
    }
  }
  if (model.metadata() != nullptr) {
    for (const tflite::Metadata* entry : *model.metadata()) {
      if (entry->buffer() >= model.buffers()->size()) {
        return refuse(result, LoadError::kDamaged, "The model is damaged: metadata without its buffer.");
      }
      if (entry->name() != nullptr && strcmp(entry->name()->c_str(), kOfflinePlan) == 0) {
        return unsupported(result, "a memory plan of its own");
      }
    }
  }
  return true;
}

bool check_codes(const tflite::Model& model, LoadResult& result) {
  if (model.operator_codes() == nullptr) {
    return true;
  }
  for (const tflite::OperatorCode* code : *model.operator_codes()) {
    const tflite::BuiltinOperator kind = tflite::GetBuiltinCode(code);
    if (kind == tflite::BuiltinOperator_CUSTOM) {
      name_operator(result, code->custom_code() == nullptr ? "?" : code->custom_code()->c_str());
      return refuse(result, LoadError::kOperator, "The model needs the custom operator %s, which this firmware does not carry.",
                    result.operator_name);
    }
    // TFLM looks at the new field alone when it follows control flow.
    const tflite::BuiltinOperator stated = code->builtin_code();
    if (find_operator(kind) == nullptr || (stated != kind && stated != tflite::BuiltinOperator_ADD)) {
      const char* name = tflite::EnumNameBuiltinOperator(find_operator(kind) == nullptr ? kind : stated);
      name_operator(result, name[0] == '\0' ? "?" : name);
      return refuse(result, LoadError::kOperator,
                    "The model needs the operator %s (%d), which this firmware does not carry.", result.operator_name,
                    static_cast<int>(kind));
    }
  }
  return true;
}

bool check_quantisation(const tflite::Tensor& tensor, uint32_t index, LoadResult& result) {
  const tflite::QuantizationParameters* quantisation = tensor.quantization();
  if (quantisation == nullptr || count_of(quantisation->scale()) == 0) {
    return true;
  }
  const uint32_t scales = quantisation->scale()->size();
  const uint32_t zero_points = count_of(quantisation->zero_point());
  const int32_t along = quantisation->quantized_dimension();
  const uint32_t rank = count(tensor.shape());
  const bool per_channel = along >= 0 && static_cast<uint32_t>(along) < rank &&
                           static_cast<uint32_t>(tensor.shape()->Get(static_cast<uint32_t>(along))) == scales;
  if (quantisation->details_type() != tflite::QuantizationDetails_NONE || (scales != 1 && !per_channel) ||
      (zero_points > 1 && zero_points != scales)) {
    return damaged(result, "quantisation of tensor", index);
  }
  for (const float scale : *quantisation->scale()) {
    if (!(scale >= 0.0f && scale <= 1e15f)) {
      return damaged(result, "scale of tensor", index);
    }
  }
  if (zero_points != 0) {
    for (const int64_t zero_point : *quantisation->zero_point()) {
      if (!holds(tensor.type(), zero_point)) {
        return damaged(result, "zero point of tensor", index);
      }
    }
  }
  return true;
}

bool check_tensor(const tflite::Model& model, uint32_t index, LoadResult& result) {
  const tflite::Tensor& tensor = *(*(*model.subgraphs())[0]->tensors())[index];
  if (tensor.is_variable()) {
    return unsupported(result, "variables (state between two inferences)");
  }
  if (tensor.sparsity() != nullptr) {
    return unsupported(result, "sparse tensors");
  }
  if (tensor.buffer() >= model.buffers()->size()) {
    return damaged(result, "buffer of tensor", index);
  }
  if (count(tensor.shape()) > kMostDimensions) {
    return unsupported(result, "tensors of more than 8 dimensions");
  }
  size_t bytes = 0;
  if (!tensor_bytes(tensor, bytes)) {
    return damaged(result, "type or shape of tensor", index);
  }
  const tflite::Buffer& buffer = *(*model.buffers())[tensor.buffer()];
  const uint32_t stored = count_of(buffer.data());
  if (stored != 0 && stored != bytes) {
    return damaged(result, "weights of tensor", index);
  }
  return check_quantisation(tensor, index, result);
}

// Whether tensor `wanted` is given, or made by an operator before `before`.
bool exists(const tflite::SubGraph& graph, int32_t wanted, uint32_t before) {
  for (const int32_t tensor : *graph.inputs()) {
    if (tensor == wanted) {
      return true;
    }
  }
  for (uint32_t i = before; i-- > 0;) {
    for (const int32_t tensor : *(*graph.operators())[i]->outputs()) {
      if (tensor == wanted) {
        return true;
      }
    }
  }
  return false;
}

bool check_wiring(const tflite::Model& model, uint32_t index, LoadResult& result) {
  const tflite::SubGraph& graph = *(*model.subgraphs())[0];
  const tflite::Operator& step = *(*graph.operators())[index];
  const int32_t tensors = static_cast<int32_t>(graph.tensors()->size());
  if (model.operator_codes() == nullptr || step.opcode_index() >= model.operator_codes()->size() ||
      step.inputs() == nullptr || step.outputs() == nullptr || step.custom_options() != nullptr ||
      count(step.intermediates()) != 0 || step.large_custom_options_offset() != 0 || count(step.outputs()) == 0) {
    return damaged(result, "operator", index);
  }
  for (const int32_t tensor : *step.inputs()) {
    if (tensor < -1 || tensor >= tensors) {
      return damaged(result, "an input of operator", index);
    }
    if (tensor >= 0 && !is_constant(model, *(*graph.tensors())[static_cast<uint32_t>(tensor)]) &&
        !exists(graph, tensor, index)) {
      return damaged(result, "an input that nothing made, of operator", index);
    }
  }
  for (uint32_t place = 0; place < step.outputs()->size(); place++) {
    const int32_t tensor = step.outputs()->Get(place);
    if (tensor < 0 || tensor >= tensors || is_constant(model, *(*graph.tensors())[static_cast<uint32_t>(tensor)]) ||
        exists(graph, tensor, index)) {
      return damaged(result, "an output of operator", index);
    }
    for (uint32_t other = 0; other < place; other++) {
      if (step.outputs()->Get(other) == tensor) {
        return damaged(result, "an output of operator", index);
      }
    }
  }
  return check_operator(model, index, result);
}

bool check_ends(const tflite::Model& model, LoadResult& result) {
  const tflite::SubGraph& graph = *(*model.subgraphs())[0];
  const int32_t tensors = static_cast<int32_t>(graph.tensors()->size());
  for (uint32_t place = 0; place < graph.inputs()->size(); place++) {
    const int32_t tensor = graph.inputs()->Get(place);
    if (tensor < 0 || tensor >= tensors || is_constant(model, *(*graph.tensors())[static_cast<uint32_t>(tensor)])) {
      return damaged(result, "input", place);
    }
    for (uint32_t other = 0; other < place; other++) {
      if (graph.inputs()->Get(other) == tensor) {
        return damaged(result, "input", place);
      }
    }
  }
  for (uint32_t place = 0; place < graph.outputs()->size(); place++) {
    const int32_t tensor = graph.outputs()->Get(place);
    if (tensor < 0 || tensor >= tensors) {
      return damaged(result, "output", place);
    }
  }
  return true;
}

bool check_graph(const tflite::Model& model, LoadResult& result) {
  const tflite::SubGraph& graph = *(*model.subgraphs())[0];
  for (uint32_t i = 0; i < graph.tensors()->size(); i++) {
    if (!check_tensor(model, i, result)) {
      return false;
    }
  }
  if (!check_ends(model, result)) {
    return false;
  }
  const uint32_t operators = graph.operators() == nullptr ? 0 : graph.operators()->size();
  for (uint32_t i = 0; i < operators; i++) {
    if (!check_wiring(model, i, result)) {
      return false;
    }
  }
  for (uint32_t place = 0; place < graph.outputs()->size(); place++) {
    const int32_t tensor = graph.outputs()->Get(place);
    if (!is_constant(model, *(*graph.tensors())[static_cast<uint32_t>(tensor)]) && !exists(graph, tensor, operators)) {
      return damaged(result, "output", place);
    }
  }
  return true;
}

}  // namespace

bool is_constant(const tflite::Model& model, const tflite::Tensor& tensor) {
  return count_of((*model.buffers())[tensor.buffer()]->data()) != 0;
}

const tflite::Model* check_model(Bytes file, LoadResult& result) {
  if (file.size() < 16 || !tflite::ModelBufferHasIdentifier(file.data())) {
    refuse(result, LoadError::kForeign, "This is no .tflite model: its mark TFL3 is not there.");
    return nullptr;
  }
  if (reinterpret_cast<uintptr_t>(file.data()) % 16 != 0) {
    refuse(result, LoadError::kUnsupported, "The model does not lie at a multiple of 16 bytes.");
    return nullptr;
  }
  flatbuffers::Verifier verifier(file.data(), file.size());
  if (!tflite::VerifyModelBuffer(verifier)) {
    refuse(result, LoadError::kDamaged, "The model is cut off or damaged: its tables do not lie inside its %u bytes.",
           static_cast<unsigned>(file.size()));
    return nullptr;
  }
  const tflite::Model* model = tflite::GetModel(file.data());
  // Operators before the rest: a name says more than what follows from not knowing it.
  if (!check_form(*model, result) || !check_codes(*model, result) || !check_graph(*model, result)) {
    return nullptr;
  }
  return model;
}

}  // namespace tflm
}  // namespace cutpoint
