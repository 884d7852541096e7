// Tensors as Python hands them in: tuples (index, dtype, data, fill), with a JPEG behind, or with a JPEG and the raw size
// of a tensor whose data is coded already.
#ifndef CUTPOINT_BINDINGS_TENSOR_ARGUMENT_H_
#define CUTPOINT_BINDINGS_TENSOR_ARGUMENT_H_

#include <nanobind/nanobind.h>

#include <optional>

#include "codec/codec.h"
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
  // `codec`: that of the message; tensors that are coded already must be of it.
  explicit TensorArguments(nanobind::tuple tuples, CodecId codec = CodecId::kRaw) {
    for (nanobind::handle item : tuples) {
      if (count_ == kMaxTensors) {
        throw nanobind::value_error("a message carries at most 16 tensors");
      }
      const nanobind::tuple fields = argument<nanobind::tuple>(item);
      if (fields.size() < 4 || fields.size() > 6) {
        throw nanobind::value_error("a tensor is (index, dtype, data, fill), and (jpeg) or (jpeg, raw bytes) behind");
      }
      const DType dtype = static_cast<DType>(argument<uint8_t>(fields[1]));
      held_[count_].emplace(fields[2]);
      views_[count_] = TensorView{argument<uint16_t>(fields[0]), dtype, held_[count_]->get(),
                                  fill_argument(fields[3], dtype)};
      if (fields.size() > 4) {
        jpegs_[count_].emplace(fields[4]);
        views_[count_].jpeg = jpegs_[count_]->get();
      }
      if (fields.size() == 6) {
        view_coded(views_[count_], codec, argument<uint32_t>(fields[5]));
      }
      ++count_;
    }
  }

  Span<const TensorView> views() const { return Span<const TensorView>(views_, count_); }

 private:
  // What is coded goes as it is. Of the tensor itself only the size is known, and only the size may be asked for.
  static void view_coded(TensorView& view, CodecId codec, uint32_t raw_bytes) {
    const Bytes coded = view.data;
    if (!opaque(codec) || check_coded_size(codec, view.dtype, raw_bytes, coded.size()) != Status::kOk) {
      throw nanobind::value_error("a tensor that is coded already does not fit its size or the message's codec");
    }
    (codec == CodecId::kJpeg ? view.jpeg : view.made) = coded;
    view.data = Bytes(nullptr, raw_bytes);
  }

  size_t count_ = 0;
  std::optional<BytesView> held_[kMaxTensors];
  std::optional<BytesView> jpegs_[kMaxTensors];
  TensorView views_[kMaxTensors] = {};
};

}  // namespace cutpoint

#endif  // CUTPOINT_BINDINGS_TENSOR_ARGUMENT_H_
