#include "incomplete_tuple.h"

#include <vector>

#include "bytes.h"
#include "frame/incomplete_activation.h"
#include "python_bytes.h"

namespace nb = nanobind;

namespace cutpoint {
namespace {

// Calls take(from, count) for each run of bytes of [at, at + count) that came; `from` counts from `at`.
template <typename Take>
void each_run(const IncompleteMessage& message, size_t at, size_t count, Take take) {
  const size_t end = at + count;
  for (size_t from = message.next_came(at); from < end;) {
    const size_t until = message.came_until(from);
    const size_t to = until < end ? until : end;
    take(from - at, to - from);
    from = message.next_came(to);
  }
}

nb::object tensor_tuple(const IncompleteMessage& message, const IncompleteTensor& tensor) {
  const TensorRecord& record = tensor.record;
  const size_t size = record.coded.size();
  std::vector<uint8_t> coded(size);
  nb::list ranges;
  each_run(message, tensor.at, size, [&](size_t from, size_t count) {
    copy_bytes(coded.data() + from, record.coded.data() + from, count);
    ranges.append(nb::make_tuple(from, from + count));
  });
  return nb::make_tuple(record.index, static_cast<uint8_t>(record.dtype), static_cast<uint8_t>(record.codec),
                        record.raw_bytes, to_python(Bytes(coded.data(), coded.size())), nb::tuple(ranges));
}

}  // namespace

nb::object incomplete_tuple(const IncompleteMessage& message, size_t capacity) {
  IncompleteActivation activation = {};
  if (read_incomplete_activation(message, activation) != Status::kOk) {
    return nb::none();
  }
  uint64_t total = 0;
  for (size_t i = 0; i < activation.tensors_known; ++i) {
    total += activation.tensors[i].record.raw_bytes;
  }
  if (total > capacity) {
    return nb::none();
  }
  size_t came = 0;
  each_run(message, 0, message.payload.size(), [&](size_t, size_t count) { came += count; });
  const Header header = message.header;
  nb::list tensors;
  for (size_t i = 0; i < activation.tensors_known; ++i) {
    tensors.append(tensor_tuple(message, activation.tensors[i]));
  }
  return nb::make_tuple(to_python(Bytes(header.model.bytes)), header.boot, header.sequence, header.cut,
                        static_cast<uint8_t>(header.codec), header.flags, activation.plan_epoch, activation.setting,
                        activation.tensor_count, nb::tuple(tensors), came);
}

}  // namespace cutpoint
