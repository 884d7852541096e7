#include "input_shape.h"

#include "tensorflow/lite/schema/schema_generated.h"

namespace cutpoint::esp32 {
namespace {

bool dtype_of(tflite::TensorType type, DType& dtype) {
  switch (type) {
    case tflite::TensorType_INT8:
      dtype = DType::kInt8;
      return true;
    case tflite::TensorType_UINT8:
      dtype = DType::kUint8;
      return true;
    case tflite::TensorType_FLOAT32:
      dtype = DType::kFloat32;
      return true;
    default:
      return false;
  }
}

bool side(int32_t value, uint16_t& to) {
  to = static_cast<uint16_t>(value);
  return value >= 1 && value <= device::kMostPictureSide;
}

}  // namespace

bool read_input_shape(Bytes model, device::PictureTensor& tensor) {
  tensor = device::PictureTensor();
  flatbuffers::Verifier verifier(model.data(), model.size());
  if (!tflite::VerifyModelBuffer(verifier)) {
    return false;
  }
  const tflite::Model* root = tflite::GetModel(model.data());
  const auto* subgraphs = root->subgraphs();
  if (subgraphs == nullptr || subgraphs->size() == 0) {
    return false;
  }
  const tflite::SubGraph* graph = subgraphs->Get(0);
  if (graph->inputs() == nullptr || graph->inputs()->size() == 0 || graph->tensors() == nullptr) {
    return false;
  }
  const int32_t index = graph->inputs()->Get(0);
  if (index < 0 || static_cast<uint32_t>(index) >= graph->tensors()->size()) {
    return false;
  }
  const tflite::Tensor* input = graph->tensors()->Get(static_cast<uint32_t>(index));
  const auto* shape = input->shape();
  if (shape == nullptr || !dtype_of(input->type(), tensor.dtype)) {
    return false;
  }
  const uint32_t batch = shape->size() == 4 ? 1 : 0;
  if (shape->size() != 3 + batch || (batch == 1 && shape->Get(0) != 1)) {
    return false;
  }
  const int32_t channels = shape->Get(batch + 2);
  if (!side(shape->Get(batch), tensor.height) || !side(shape->Get(batch + 1), tensor.width) ||
      (channels != 1 && channels != 3)) {
    return false;
  }
  tensor.channels = static_cast<uint8_t>(channels);
  const tflite::QuantizationParameters* quantisation = input->quantization();
  if (quantisation != nullptr && quantisation->scale() != nullptr && quantisation->scale()->size() == 1 &&
      quantisation->zero_point() != nullptr && quantisation->zero_point()->size() == 1) {
    tensor.quantised = true;
    tensor.scale = quantisation->scale()->Get(0);
    tensor.zero_point = static_cast<int32_t>(quantisation->zero_point()->Get(0));
  }
  return true;
}

}  // namespace cutpoint::esp32
