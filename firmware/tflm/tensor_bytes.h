// Sizes of tensors, told from the file alone.
#ifndef CUTPOINT_TFLM_TENSOR_BYTES_H_
#define CUTPOINT_TFLM_TENSOR_BYTES_H_

#include <stddef.h>
#include <stdint.h>

#include "../core/codec/tensor.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace cutpoint {
namespace tflm {

template <typename T>
uint32_t count_of(const flatbuffers::Vector<T>* values) {
  return values == nullptr ? 0 : values->size();
}

// The wire's number for a type; false for one that cannot travel (4-bit weights, half floats, strings).
bool travelling_type(tflite::TensorType type, DType& dtype);

// Bytes in memory; false when the type has no fixed size, or the shape is negative or 2 GiB and more.
bool tensor_bytes(const tflite::Tensor& tensor, size_t& bytes);

// Whether a zero point can be an element of the type.
bool holds(tflite::TensorType type, int64_t zero_point);

}  // namespace tflm
}  // namespace cutpoint

#endif  // CUTPOINT_TFLM_TENSOR_BYTES_H_
