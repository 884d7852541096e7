// What can be told of a coded tensor from the bytes that came, and that no other byte is looked at.
#include "codec/partial/partial.h"

#include "bytes.h"
#include "check.h"
#include "codec/lowbit/lowbit.h"
#include "codec/rans/rans.h"
#include "model_blocks.h"

using namespace cutpoint;

namespace {

using Buffer = std::vector<uint8_t>;

Bytes view(const Buffer& buffer) { return Bytes(buffer.data(), buffer.size()); }
MutableBytes writable(Buffer& buffer) { return MutableBytes(buffer.data(), buffer.size()); }

constexpr uint16_t kMark = 0xBEEF;
constexpr uint16_t kLevels = 32;

check::ModelSpec slices() {
  check::ModelSpec spec;
  spec.prediction = 1;
  spec.group_of = {1, 0, 1, 0};
  spec.groups = 2;
  spec.sliced = true;
  spec.tables.assign(2, {32, 0, check::peaked(32)});
  return spec;
}

// A tensor of 6 x 4 x 4, its tables, and its coded form.
struct Sample {
  explicit Sample(CodecId codec, bool ordered = false) : block(slices()), to_level(256), to_value(kLevels) {
    for (size_t value = 0; value < 256; ++value) {
      to_level[value] = static_cast<uint8_t>(value / 8);
      to_value[value / 8] = static_cast<uint8_t>(value);
    }
    tables.codec = codec;
    tables.dtype = DType::kInt8;
    tables.grid = LevelGrid{6, 4, 4, kLevels, 3};
    tables.mark = kMark;
    tables.to_level = to_level.data();
    tables.to_value = to_value.data();
    tables.order = ordered ? order : nullptr;
    for (size_t i = 0; i < tables.elements(); ++i) {
      elements.push_back(static_cast<uint8_t>(i * i / 3));
    }
    if (codec == CodecId::kLowbit) {
      coded.resize(lowbit_bytes(tables));
      LowbitWriter writer;
      writer.begin(tables, view(elements));
      CHECK_EQ(writer.pull(writable(coded)), coded.size());
      return;
    }
    size_t bytes = 0;
    CHECK_EQ(read_model(Bytes(block.data(), block.size()), tables.grid, false, tables.models[0], bytes), Status::kOk);
    Buffer room(400);
    bytes = encode_streams(tables.grid, tables.models[0], tables.to_level, view(elements), writable(room));
    CHECK(bytes != 0);
    coded = {kMark & 0xFF, kMark >> 8};
    coded.insert(coded.end(), room.end() - static_cast<std::ptrdiff_t>(bytes), room.end());
  }

  uint8_t value_at(size_t i) const { return to_value[to_level[elements[i]]]; }

  check::ModelBlock block;
  Buffer to_level;
  Buffer to_value;
  uint8_t order[4] = {2, 0, 3, 1};
  TensorTables tables = {};
  Buffer elements;
  Buffer coded;
};

}  // namespace

TEST(of_lowbit_each_element_is_there_whose_bits_came) {
  for (const bool ordered : {false, true}) {
    Sample sample(CodecId::kLowbit, ordered);
    for (size_t gap = 2; gap < sample.coded.size(); ++gap) {
      Buffer damaged = sample.coded;
      damaged[gap] ^= 0xFF;
      const ByteRange came[] = {{0, gap}, {gap + 1, sample.coded.size()}};
      const size_t ranges = gap + 1 < sample.coded.size() ? 2 : 1;
      Buffer out(sample.elements.size());
      size_t there = 0;
      CHECK_EQ(decode_partial(sample.tables, view(damaged), Span<const ByteRange>(came, ranges), writable(out), there),
               Status::kOk);
      // Five bits an element: a byte has parts of two or three.
      const size_t first = (gap - 2) * 8 / 5;
      const size_t last = ((gap - 2) * 8 + 7) / 5;
      CHECK_EQ(out.size() - there, last - first + 1);
      ElementWalk walk(sample.tables);
      for (size_t i = 0; i < out.size(); ++i) {
        const size_t at = walk.next();
        CHECK_EQ(out[at], i < first || i > last ? sample.value_at(at) : sample.to_value[3]);
      }
    }
  }
}

TEST(of_rans_each_slice_is_there_that_came_whole) {
  Sample sample(CodecId::kRans);
  const size_t head = 2 + 2 * 2;
  const size_t second = head + load_u16(sample.coded.data() + 2);
  for (size_t gap = 2; gap < sample.coded.size(); ++gap) {
    Buffer damaged = sample.coded;
    damaged[gap] ^= 0xFF;
    const ByteRange came[] = {{0, gap}, {gap + 1, sample.coded.size()}};
    const size_t ranges = gap + 1 < sample.coded.size() ? 2 : 1;
    Buffer out(sample.elements.size());
    size_t there = 0;
    CHECK_EQ(decode_partial(sample.tables, view(damaged), Span<const ByteRange>(came, ranges), writable(out), there),
             Status::kOk);
    CHECK_EQ(there, gap < head ? 0u : out.size() / 2);
    for (size_t i = 0; i < out.size(); ++i) {
      const bool of_second = i % 4 == 0 || i % 4 == 2;  // group 1
      const bool here = gap >= head && of_second == (gap < second);
      CHECK_EQ(out[i], here ? sample.value_at(i) : sample.to_value[3]);
    }
  }
}

TEST(without_the_mark_nothing_is_there_and_another_mark_is_refused) {
  Sample sample(CodecId::kLowbit);
  Buffer out(sample.elements.size());
  size_t there = 1;
  const ByteRange behind[] = {{1, sample.coded.size()}};
  CHECK_EQ(decode_partial(sample.tables, view(sample.coded), Span<const ByteRange>(behind), writable(out), there),
           Status::kOk);
  CHECK_EQ(there, 0u);
  sample.coded[0] ^= 1;
  const ByteRange all[] = {{0, sample.coded.size()}};
  CHECK_EQ(decode_partial(sample.tables, view(sample.coded), Span<const ByteRange>(all), writable(out), there),
           Status::kTables);
}

TEST(ranges_that_touch_overlap_or_leave_the_bytes_are_the_caller_s_mistake) {
  Sample sample(CodecId::kLowbit);
  Buffer out(sample.elements.size());
  size_t there = 0;
  const size_t size = sample.coded.size();
  const ByteRange bad[][2] = {{{0, 4}, {4, 6}}, {{0, 4}, {3, 6}}, {{4, 6}, {0, 2}}, {{0, 0}, {2, 3}}, {{0, 2}, {5, size + 1}}};
  for (const ByteRange(&came)[2] : bad) {
    CHECK_EQ(decode_partial(sample.tables, view(sample.coded), Span<const ByteRange>(came), writable(out), there),
             Status::kArgument);
  }
}
