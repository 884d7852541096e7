#include "tensor_bytes.h"

namespace cutpoint {
namespace tflm {
namespace {

constexpr uint64_t kMostBytes = INT32_MAX;  // kernels count in int

// Bits of one element; 0 for types without a fixed size, and for those that TFLM knows nothing of.
unsigned item_bits(tflite::TensorType type) {
  switch (type) {
    case tflite::TensorType_INT4:
      return 4;
    case tflite::TensorType_INT8:
    case tflite::TensorType_UINT8:
    case tflite::TensorType_BOOL:
      return 8;
    case tflite::TensorType_INT16:
    case tflite::TensorType_FLOAT16:
      return 16;
    case tflite::TensorType_INT32:
    case tflite::TensorType_UINT32:
    case tflite::TensorType_FLOAT32:
      return 32;
    case tflite::TensorType_INT64:
      return 64;
    default:
      return 0;
  }
}

}  // namespace

bool travelling_type(tflite::TensorType type, DType& dtype) {
  switch (type) {
    case tflite::TensorType_INT8:
      dtype = DType::kInt8;
      return true;
    case tflite::TensorType_UINT8:
      dtype = DType::kUint8;
      return true;
    case tflite::TensorType_INT16:
      dtype = DType::kInt16;
      return true;
    case tflite::TensorType_INT32:
      dtype = DType::kInt32;
      return true;
    case tflite::TensorType_INT64:
      dtype = DType::kInt64;
      return true;
    case tflite::TensorType_FLOAT32:
      dtype = DType::kFloat32;
      return true;
    case tflite::TensorType_BOOL:
      dtype = DType::kBool;
      return true;
    default:
      return false;
  }
}

bool tensor_bytes(const tflite::Tensor& tensor, size_t& bytes) {
  const unsigned bits = item_bits(tensor.type());
  uint64_t items = 1;
  for (uint32_t i = 0; i < count_of(tensor.shape()); i++) {
    const int32_t side = tensor.shape()->Get(i);
    if (side < 0) {
      return false;
    }
    items *= static_cast<uint64_t>(side);
    if (items > kMostBytes) {
      return false;
    }
  }
  const uint64_t whole = (items * bits + 7) / 8;
  if (bits == 0 || whole > kMostBytes) {
    return false;
  }
  bytes = static_cast<size_t>(whole);
  return true;
}

bool holds(tflite::TensorType type, int64_t zero_point) {
  switch (type) {
    case tflite::TensorType_INT8:
      return zero_point >= INT8_MIN && zero_point <= INT8_MAX;
    case tflite::TensorType_UINT8:
      return zero_point >= 0 && zero_point <= UINT8_MAX;
    default:
      return zero_point == 0;
  }
}

}  // namespace tflm
}  // namespace cutpoint
