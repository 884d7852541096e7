// Tensors as Python hands them in: tuples (index, dtype, data, fill) or (index, dtype, data, fill, jpeg).
#ifndef CUTPOINT_BINDINGS_TENSOR_ARGUMENT_H_
#define CUTPOINT_BINDINGS_TENSOR_ARGUMENT_H_

#include <nanobind/nanobind.h>

#include <optional>

#include "codec/tensor.h"
#include "frame/tensor_record.h"
#include "python_bytes.h"

namespace cutpoint {

// An element of the dtype as an integer: signed, or its bits.
inline int64_t fill_argument(nanobind::handle fill, DType dtype) {
  int64_t value = 0;
  uint64_t bits = 0;
  if (!nanobind::try_cast<int64_t>(fill, value)) {
    if (item_bytes(dtype) != 8 || !nanobind::try_cast<uint64_t>(fill, bits)) {
      throw nanobind::value_error("the fill is no element of the tensor's dtype");
    }
    return static_cast<int64_t>(bits);
  }
  if (item_bytes(dtype) < 8) {
    const int64_t end = int64_t{1} << (8 * item_bytes(dtype));
    if (value >= end || value < -end / 2) {
      throw nanobind::value_error("the fill is no element of the tensor's dtype");
    }
  }
  return value;
}

// Keeps the buffers while the views are used.
class TensorArguments {
 public:
  explicit TensorArguments(nanobind::tuple tuples) {
    for (nanobind::handle item : tuples) {
      if (count_ == kMaxTensors) {
        throw nanobind::value_error("a message carries at most 16 tensors");
      }
      const nanobind::tuple fields = argument<nanobind::tuple>(item);
      if (fields.size() != 4 && fields.size() != 5) {
        throw nanobind::value_error("a tensor is (index, dtype, data, fill) or (index, dtype, data, fill, jpeg)");
      }
      const DType dtype = static_cast<DType>(argument<uint8_t>(fields[1]));
      held_[count_].emplace(fields[2]);
      views_[count_] = TensorView{argument<uint16_t>(fields[0]), dtype, held_[count_]->get(),
                                  fill_argument(fields[3], dtype)};
      if (fields.size() == 5) {
        jpegs_[count_].emplace(fields[4]);
        views_[count_].jpeg = jpegs_[count_]->get();
      }
      ++count_;
    }
  }

  Span<const TensorView> views() const { return Span<const TensorView>(views_, count_); }

 private:
  size_t count_ = 0;
  std::optional<BytesView> held_[kMaxTensors];
  std::optional<BytesView> jpegs_[kMaxTensors];
  TensorView views_[kMaxTensors] = {};
};

}  // namespace cutpoint

#endif  // CUTPOINT_BINDINGS_TENSOR_ARGUMENT_H_
