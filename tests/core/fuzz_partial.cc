// libFuzzer target: coded tensors of which only some bytes came. Build with clang -fsanitize=fuzzer,address,undefined.
//
// The input is a control byte, up to four ranges as pairs of lengths (missing, there), and the coded bytes; the mark of the
// tables is mended, since nothing beyond it would run otherwise.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "bytes.h"
#include "codec/partial/partial.h"
#include "model_blocks.h"

using namespace cutpoint;

namespace {

constexpr uint16_t kMark = 0x1234;
constexpr size_t kRanges = 4;
constexpr size_t kHead = 1 + 2 * kRanges;

void must(bool held) {
  if (!held) {
    std::abort();
  }
}

check::ModelSpec model_spec() {
  check::ModelSpec spec;
  spec.prediction = 3;
  spec.activity = 1;
  spec.thresholds = {2};
  spec.group_of = {1, 0, 1, 2};
  spec.groups = 3;
  spec.sliced = true;
  spec.tables.assign(6, {20, 9, check::peaked(21)});
  return spec;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const check::ModelBlock block(model_spec());
  if (size < kHead) {
    return 0;
  }
  TensorTables tables = {};
  tables.codec = (data[0] & 1) != 0 ? CodecId::kRans : CodecId::kLowbit;
  tables.dtype = DType::kInt8;
  tables.grid = {5, 3, 4, static_cast<uint16_t>(tables.codec == CodecId::kRans ? 32 : 1 + data[0] / 4), 0};
  tables.mark = kMark;
  const std::vector<uint8_t> value(256, 7);
  const uint8_t order[] = {2, 0, 3, 1};
  tables.to_level = tables.to_value = value.data();
  tables.order = (data[0] & 2) != 0 ? order : nullptr;
  size_t bytes = 0;
  must(read_model(Bytes(block.data(), block.size()), {5, 3, 4, 32, 0}, false, tables.models[0], bytes) == Status::kOk);

  std::vector<uint8_t> coded(data + kHead, data + size);
  if (coded.size() >= 2) {
    store_u16(coded.data(), kMark);
  }
  std::vector<ByteRange> came;
  size_t at = 0;
  for (size_t i = 0; i < kRanges; ++i) {
    const size_t first = at + data[1 + 2 * i];
    at = first + data[2 + 2 * i];
    came.push_back({first, at});
  }
  // Exactly as many on the heap as are allowed, so that the sanitizer sees the first byte beyond.
  std::vector<uint8_t> elements(tables.elements());
  size_t there = 0;
  const MutableBytes to(elements.data(), elements.size());
  for (size_t count = 0; count <= came.size(); ++count) {
    const Span<const ByteRange> ranges(came.data(), count);
    if (decode_partial(tables, Bytes(coded.data(), coded.size()), ranges, to, there) == Status::kOk) {
      must(there <= elements.size());
    }
  }
  return 0;
}
