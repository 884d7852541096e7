// What TFLM's kernels find out only when they run, after a model was taken: the types that their switches leave out.
#include "shape_checks.h"

namespace cutpoint {
namespace tflm {
namespace {

constexpr uint32_t bit(tflite::TensorType type) { return uint32_t{1} << type; }

constexpr uint32_t kFloat = bit(tflite::TensorType_FLOAT32);
constexpr uint32_t kInt8 = bit(tflite::TensorType_INT8);
constexpr uint32_t kUint8 = bit(tflite::TensorType_UINT8);
constexpr uint32_t kInt16 = bit(tflite::TensorType_INT16);
constexpr uint32_t kInt32 = bit(tflite::TensorType_INT32);
constexpr uint32_t kUint32 = bit(tflite::TensorType_UINT32);
constexpr uint32_t kInt64 = bit(tflite::TensorType_INT64);
constexpr uint32_t kBool = bit(tflite::TensorType_BOOL);
constexpr uint32_t kNarrow = kFloat | kInt8;
constexpr uint32_t kUsual = kNarrow | kInt16;
constexpr uint32_t kWide = kUsual | kInt32;
constexpr uint32_t kAll = 0xFFFFFFFF;

uint32_t taken(tflite::BuiltinOperator kind) {
  switch (kind) {
    case tflite::BuiltinOperator_NEG:
      return kFloat;
    case tflite::BuiltinOperator_ARG_MAX:
    case tflite::BuiltinOperator_ARG_MIN:
    case tflite::BuiltinOperator_BATCH_TO_SPACE_ND:
    case tflite::BuiltinOperator_ELU:
    case tflite::BuiltinOperator_HARD_SWISH:
    case tflite::BuiltinOperator_MIRROR_PAD:
    case tflite::BuiltinOperator_REDUCE_MAX:
    case tflite::BuiltinOperator_RESIZE_BILINEAR:
    case tflite::BuiltinOperator_SPACE_TO_BATCH_ND:
      return kNarrow;
    case tflite::BuiltinOperator_ABS:
    case tflite::BuiltinOperator_EXPAND_DIMS:
    case tflite::BuiltinOperator_LEAKY_RELU:
    case tflite::BuiltinOperator_LOGISTIC:
    case tflite::BuiltinOperator_MEAN:
    case tflite::BuiltinOperator_PRELU:
    case tflite::BuiltinOperator_RELU:
    case tflite::BuiltinOperator_RELU6:
    case tflite::BuiltinOperator_RESIZE_NEAREST_NEIGHBOR:
    case tflite::BuiltinOperator_SUM:
    case tflite::BuiltinOperator_TANH:
    case tflite::BuiltinOperator_TRANSPOSE:
      return kUsual;
    case tflite::BuiltinOperator_ADD:
    case tflite::BuiltinOperator_MUL:
    case tflite::BuiltinOperator_PAD:
    case tflite::BuiltinOperator_PADV2:
    case tflite::BuiltinOperator_SPLIT:
    case tflite::BuiltinOperator_SPLIT_V:
    case tflite::BuiltinOperator_SUB:
    case tflite::BuiltinOperator_UNPACK:
      return kWide;
    case tflite::BuiltinOperator_MAXIMUM:
    case tflite::BuiltinOperator_MINIMUM:
    case tflite::BuiltinOperator_PACK:
      return kWide | kInt64;
    case tflite::BuiltinOperator_SLICE:
    case tflite::BuiltinOperator_STRIDED_SLICE:
      return kWide | kBool;
    case tflite::BuiltinOperator_CAST:
      return kWide | kUint32 | kBool;
    case tflite::BuiltinOperator_DEQUANTIZE:
      return kInt8 | kUint8 | kInt16;
    default:
      return kAll;  // their prepare functions look, or their kernels move bytes of any type
  }
}

// Types that QUANTIZE makes of one.
uint32_t quantised_from(tflite::TensorType type) {
  switch (type) {
    case tflite::TensorType_FLOAT32:
    case tflite::TensorType_INT32:
      return kInt8 | kInt16;
    case tflite::TensorType_INT16:
      return kInt8 | kInt16 | kInt32;
    case tflite::TensorType_INT8:
      return kInt8 | kUint8 | kInt16 | kInt32;
    case tflite::TensorType_UINT8:
      return kInt8;
    default:
      return 0;
  }
}

}  // namespace

bool types_taken(const Step& step) {
  // SPLIT has its axis first.
  const tflite::Tensor& in = step.input(step.kind() == tflite::BuiltinOperator_SPLIT ? 1 : 0);
  const uint32_t out = bit(step.output(0).type());
  if ((taken(step.kind()) & bit(in.type())) == 0) {
    return false;
  }
  if (step.kind() == tflite::BuiltinOperator_CAST) {
    return (out & (kWide | kUint32)) != 0;
  }
  return step.kind() != tflite::BuiltinOperator_QUANTIZE || (out & quantised_from(in.type())) != 0;
}

}  // namespace tflm
}  // namespace cutpoint
