// A tensor as the wire sees it: index in the whole model, dtype, bytes.
#ifndef CUTPOINT_CODEC_TENSOR_H_
#define CUTPOINT_CODEC_TENSOR_H_

#include <stddef.h>
#include <stdint.h>

#include "../span.h"

namespace cutpoint {

enum class DType : uint8_t {
  kInt8 = 1,
  kUint8 = 2,
  kInt16 = 3,
  kInt32 = 4,
  kInt64 = 5,
  kFloat32 = 6,
  kBool = 7,
};

constexpr size_t kMaxItemBytes = 8;

// Bytes of one element; 0 for a number that names no dtype.
constexpr size_t item_bytes(DType dtype) {
  switch (dtype) {
    case DType::kInt8:
    case DType::kUint8:
    case DType::kBool:
      return 1;
    case DType::kInt16:
      return 2;
    case DType::kInt32:
    case DType::kFloat32:
      return 4;
    case DType::kInt64:
      return 8;
  }
  return 0;
}

// Points at the tensor's memory, which must stay unchanged while it is encoded.
struct TensorView {
  uint16_t index;  // in the whole model
  DType dtype;
  Bytes data;    // little-endian elements; a whole number of them
  int64_t fill;  // the commonest element: the zero point; its low bytes are the element's bits
  Bytes jpeg = Bytes();  // of an input that is a picture: the same picture as its camera coded it; mostly empty
  Bytes made = Bytes();  // coded elsewhere with tables, of a message that is passed on; empty on a device
};

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_TENSOR_H_
