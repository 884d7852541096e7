// One operator of a checked graph, with its tensors at hand, for the checks of options and shapes.
#ifndef CUTPOINT_TFLM_STEP_H_
#define CUTPOINT_TFLM_STEP_H_

#include <stdint.h>

#include "model_check.h"
#include "tensor_bytes.h"
#include "tensorflow/lite/schema/schema_utils.h"

namespace cutpoint {
namespace tflm {

class Step {
 public:
  Step(const tflite::Model& model, uint32_t index)
      : model_(model),
        graph_(*(*model.subgraphs())[0]),
        step_(*(*graph_.operators())[index]),
        kind_(tflite::GetBuiltinCode((*model.operator_codes())[step_.opcode_index()])) {}

  tflite::BuiltinOperator kind() const { return kind_; }
  const tflite::Operator& options() const { return step_; }
  uint32_t inputs() const { return step_.inputs()->size(); }
  uint32_t outputs() const { return step_.outputs()->size(); }
  bool has_input(uint32_t place) const { return place < inputs() && step_.inputs()->Get(place) >= 0; }
  const tflite::Tensor& input(uint32_t place) const { return tensor(step_.inputs()->Get(place)); }
  const tflite::Tensor& output(uint32_t place) const { return tensor(step_.outputs()->Get(place)); }
  bool constant(const tflite::Tensor& tensor) const { return is_constant(model_, tensor); }

  // An int32 element of an input that is in the file.
  int32_t constant_at(uint32_t place, uint32_t item) const {
    const auto* data = (*model_.buffers())[input(place).buffer()]->data();
    return flatbuffers::ReadScalar<int32_t>(data->data() + size_t{4} * item);
  }

  int64_t constant64_at(uint32_t place, uint32_t item) const {
    const auto* data = (*model_.buffers())[input(place).buffer()]->data();
    return flatbuffers::ReadScalar<int64_t>(data->data() + size_t{8} * item);
  }

 private:
  const tflite::Tensor& tensor(int32_t index) const { return *(*graph_.tensors())[static_cast<uint32_t>(index)]; }

  const tflite::Model& model_;
  const tflite::SubGraph& graph_;
  const tflite::Operator& step_;
  tflite::BuiltinOperator kind_;
};

inline uint32_t rank(const tflite::Tensor& tensor) { return count_of(tensor.shape()); }

inline int32_t side(const tflite::Tensor& tensor, uint32_t dimension) { return tensor.shape()->Get(dimension); }

inline uint32_t items(const tflite::Tensor& tensor) {
  uint32_t product = 1;
  for (uint32_t i = 0; i < rank(tensor); i++) {
    product *= static_cast<uint32_t>(side(tensor, i));
  }
  return product;
}

inline bool same_shape(const tflite::Tensor& a, const tflite::Tensor& b) {
  bool same = rank(a) == rank(b);
  for (uint32_t i = 0; same && i < rank(a); i++) {
    same = side(a, i) == side(b, i);
  }
  return same;
}

inline bool quantised(const tflite::Tensor& tensor) {
  return tensor.type() == tflite::TensorType_INT8 || tensor.type() == tflite::TensorType_UINT8 ||
         tensor.type() == tflite::TensorType_INT16;
}

inline bool has_scale(const tflite::Tensor& tensor) {
  if (tensor.quantization() == nullptr || count_of(tensor.quantization()->scale()) == 0 ||
      count_of(tensor.quantization()->zero_point()) == 0) {
    return false;
  }
  for (const float scale : *tensor.quantization()->scale()) {
    if (!(scale >= 1e-15f)) {
      return false;
    }
  }
  return true;
}

// An int32 list in the file with `wanted` elements.
inline bool listed(const Step& step, uint32_t place, uint32_t wanted) {
  const tflite::Tensor& list = step.input(place);
  return step.constant(list) && list.type() == tflite::TensorType_INT32 && items(list) == wanted;
}

inline bool axis_fits(int32_t axis, uint32_t dimensions) {
  const int32_t most = static_cast<int32_t>(dimensions);
  return axis >= -most && axis < most;
}

inline uint32_t from_front(int32_t axis, uint32_t dimensions) {
  return axis < 0 ? static_cast<uint32_t>(axis + static_cast<int32_t>(dimensions)) : static_cast<uint32_t>(axis);
}

}  // namespace tflm
}  // namespace cutpoint

#endif  // CUTPOINT_TFLM_STEP_H_
