// Known bytes of each form, what does not fit, and what no encoder makes. That any tensor becomes what docs/codecs.md says
// is tested from Python, against a model in NumPy (tests/codec/test_slicer.py).
#include "codec/slicer/slicer.h"

#include "bytes.h"
#include "check.h"

using namespace cutpoint;

namespace {

using Buffer = std::vector<uint8_t>;

Bytes view(const Buffer& buffer) { return Bytes(buffer.data(), buffer.size()); }
MutableBytes writable(Buffer& buffer) { return MutableBytes(buffer.data(), buffer.size()); }

// int8, zero point 0: its byte is 0, its order 128.
SlicerSettings settings_of(uint16_t height, uint16_t width, uint16_t channels) {
  SlicerSettings settings;
  settings.height = height;
  settings.width = width;
  settings.channels = channels;
  settings.keep = UINT16_MAX;
  settings.order_bit = 0x80;
  settings.zero = 128;
  settings.floor_below = 4;
  settings.floor_above = 4;
  settings.widest = 4;
  return settings;
}

Buffer encoded(const SlicerSettings& settings, const Buffer& elements, size_t room = 4096) {
  Buffer out(room, 0xEE);
  const size_t count = encode_slicer(settings, view(elements), writable(out));
  return Buffer(out.end() - static_cast<std::ptrdiff_t>(count), out.end());
}

Status decoded(const SlicerSettings& settings, const Buffer& coded, Buffer& elements) {
  elements.assign(settings.elements(), 0xEE);
  return decode_slicer(settings, view(coded), writable(elements));
}

// Heavy tails around the zero point, neighbours alike.
Buffer features(size_t elements, uint32_t seed = 1) {
  Buffer data(elements);
  uint32_t state = seed;
  int32_t level = 0;
  for (uint8_t& element : data) {
    state = state * 1664525u + 1013904223u;
    const int32_t step = static_cast<int32_t>(state >> 24) - 128;
    level = (level * 3 + step) / 4;
    element = static_cast<uint8_t>(level * (level < 0 ? -level : level) / 24);
  }
  return data;
}

constexpr uint8_t kBlock[kSlicerBlockBytes] = {12, 0, 12, 0, 16, 0, 255, 5, 1, 0, 0, 0, 0xC8, 1, 14, 15, 1, 12, 0, 0};

}  // namespace

TEST(a_block_is_read) {
  SlicerSettings settings;
  REQUIRE(read_slicer(Bytes(kBlock), settings) == Status::kOk);
  CHECK_EQ(settings.elements(), size_t{2304});
  CHECK_EQ(settings.keep, 456);
  CHECK_EQ(settings.order_bit, 0x80);
  CHECK_EQ(settings.zero, 0x85);
  CHECK_EQ(settings.floor_below, 14);
  CHECK_EQ(settings.floor_above, 15);
  CHECK_EQ(settings.blocks(), 2u);
  CHECK_EQ(settings.widest, 12);
}

TEST(a_block_with_a_field_out_of_range_is_refused) {
  const struct {
    size_t at;
    uint8_t value;
    Status status;
  } faults[] = {
      {0, 0, Status::kNumber},     {1, 255, Status::kNumber},  {6, 254, Status::kReserved}, {8, 3, Status::kDType},
      {9, 1, Status::kReserved},   {10, 1, Status::kReserved}, {14, 134, Status::kNumber},  {15, 123, Status::kNumber},
      {16, 4, Status::kNumber},    {17, 0, Status::kNumber},   {18, 1, Status::kReserved},  {19, 1, Status::kReserved},
  };
  SlicerSettings settings;
  for (const auto& fault : faults) {
    Buffer block(kBlock, kBlock + sizeof kBlock);
    block[fault.at] = fault.value;
    CHECK_EQ(read_slicer(view(block), settings), fault.status);
  }
  Buffer block(kBlock, kBlock + sizeof kBlock);
  block[12] = block[13] = 0;
  CHECK_EQ(read_slicer(view(block), settings), Status::kNumber);
  block = Buffer(kBlock, kBlock + sizeof kBlock);
  block[14] = block[15] = 0;
  CHECK_EQ(read_slicer(view(block), settings), Status::kNumber);
  block = Buffer(kBlock, kBlock + sizeof kBlock - 1);
  CHECK_EQ(read_slicer(view(block), settings), Status::kTruncated);
}

TEST(nothing_kept_is_one_byte) {
  const SlicerSettings settings = settings_of(2, 4, 4);
  const Buffer elements(32, 3);  // below the floor
  const Buffer coded = encoded(settings, elements);
  CHECK(coded == Buffer({3}));
  Buffer back;
  REQUIRE(decoded(settings, coded, back) == Status::kOk);
  CHECK(back == Buffer(32, 0));
}

TEST(one_kept_element_is_a_run_length) {
  const SlicerSettings settings = settings_of(2, 4, 4);
  Buffer elements(32, 0);
  elements[9] = 10;  // rank 7, alone in its block: one cell
  const Buffer coded = encoded(settings, elements);
  // p = 4: 9 dropped is a zero, then 9 in four bits, then the sign. Form 1 | 4 << 2; beginning, last rank, offset; kept.
  CHECK(coded == Buffer({1 | 4 << 2, 7, 7, 0, 1, 0, 0 | 9 << 1}));
  Buffer back;
  REQUIRE(decoded(settings, coded, back) == Status::kOk);
  CHECK(back == elements);
}

TEST(every_second_kept_element_is_a_bitmap) {
  SlicerSettings settings = settings_of(1, 1, 32);
  settings.floor_below = 0;
  Buffer elements(32, 0);
  for (size_t i = 0; i < 32; i += 2) {
    elements[i] = 5;
  }
  const Buffer coded = encoded(settings, elements);
  CHECK(coded == Buffer({0, 2, 2, 0, 0x55, 0x55, 0x55, 0x55}));
  Buffer back;
  REQUIRE(decoded(settings, coded, back) == Status::kOk);
  CHECK(back == elements);
}

TEST(of_equal_ranks_the_first_are_kept) {
  SlicerSettings settings = settings_of(2, 4, 4);
  settings.keep = 3;
  Buffer elements(32, 10);
  elements[30] = 246;  // -10: the same rank
  elements[31] = 11;
  Buffer back;
  REQUIRE(decoded(settings, encoded(settings, elements), back) == Status::kOk);
  Buffer expected(32, 0);
  expected[0] = expected[1] = 10;
  expected[31] = 11;
  // Ranks 7 and 8 share a cell, whose mean is 7 and a third.
  expected[31] = 10;
  CHECK(back == expected);
}

TEST(a_stream_comes_back_within_the_width_of_a_cell) {
  for (const uint8_t widest : {uint8_t{1}, uint8_t{2}, uint8_t{7}, uint8_t{255}}) {
    for (uint8_t block_bits = 0; block_bits < 4; ++block_bits) {
      SlicerSettings settings = settings_of(12, 12, 16);
      settings.widest = widest;
      settings.block_bits = block_bits;
      const Buffer elements = features(settings.elements());
      const Buffer coded = encoded(settings, elements);
      REQUIRE(!coded.empty());
      CHECK_EQ(coded[0], 2);
      Buffer back;
      REQUIRE(decoded(settings, coded, back) == Status::kOk);
      for (size_t i = 0; i < elements.size(); ++i) {
        const int32_t from = static_cast<int8_t>(elements[i]);
        const int32_t to = static_cast<int8_t>(back[i]);
        if (from > -4 && from < 4) {
          CHECK_EQ(to, 0);
        } else {
          CHECK((from < 0) == (to < 0) && from - to < widest && to - from < widest);
        }
      }
    }
  }
}

TEST(what_does_not_fit_is_told_and_never_overruns) {
  const SlicerSettings settings = settings_of(12, 12, 16);
  const Buffer elements = features(settings.elements());
  const Buffer whole = encoded(settings, elements);
  size_t fits = 0;
  for (size_t room = 4096; room-- != 0;) {
    // Exactly the room on the heap, so that the sanitizer sees the first byte beyond it.
    const Buffer coded = encoded(settings, elements, room);
    CHECK(coded.empty() || coded == whole);
    fits = coded.empty() ? fits : room;
  }
  CHECK(fits >= whole.size() + 1088 && fits < whole.size() + 1200);
}

TEST(a_lent_buffer_may_lie_anywhere) {
  const SlicerSettings settings = settings_of(12, 12, 16);
  const Buffer elements = features(settings.elements());
  const Buffer whole = encoded(settings, elements);
  for (size_t skipped = 0; skipped < 8; ++skipped) {
    Buffer out(4096);
    const size_t count = encode_slicer(settings, view(elements), writable(out).from(skipped));
    CHECK(Buffer(out.end() - static_cast<std::ptrdiff_t>(count), out.end()) == whole);
  }
}

TEST(noise_is_never_larger_than_its_elements) {
  SlicerSettings settings = settings_of(8, 8, 8);
  settings.floor_below = settings.floor_above = settings.widest = 1;
  Buffer elements(settings.elements());
  uint32_t state = 7;
  for (uint8_t& element : elements) {
    state = state * 1664525u + 1013904223u;
    element = static_cast<uint8_t>(state >> 24);
  }
  CHECK(encoded(settings, elements).empty());
}

TEST(a_tensor_of_another_size_is_refused) {
  const SlicerSettings settings = settings_of(2, 4, 4);
  CHECK(encoded(settings, Buffer(31, 9)).empty());
  Buffer small(31);
  const Buffer nothing = {3};
  CHECK_EQ(decode_slicer(settings, view(nothing), writable(small)), Status::kTensor);
}

TEST(what_no_encoder_makes_is_refused) {
  const SlicerSettings settings = settings_of(2, 4, 4);
  const Buffer faults[] = {
      {},
      {3, 0},                                          // more than nothing
      {3 | 1 << 2},                                    // a shift where there are no runs
      {4},                                             // and for a bitmap
      {1 | 8 << 2, 7, 7, 0, 1, 0, 0},                  // a shift above 7
      {1, 0, 7, 0, 1, 0, 0},                           // a block that begins at rank 0
      {1, 8, 7, 0, 1, 0, 0},                           // a block that ends before it begins
      {1, 7, 7, 1, 1, 0, 0},                           // an offset beyond its cell
      {1 | 4 << 2, 7, 7, 0, 1, 0, 0 | 9 << 1 | 0x80},  // padding
      {1 | 4 << 2, 7, 7, 0, 1, 0, 0 | 9 << 1, 0},      // a byte behind
      {1 | 4 << 2, 7, 7, 0, 2, 0, 0 | 9 << 1},         // more kept than there are bits
      {1 | 4 << 2, 7, 7, 0, 1, 0, 3 | 0 << 1, 0},      // a run beyond the tensor
      {1, 7, 7, 0, 1},                                 // cut off
      {0, 7, 7, 0, 0xFF, 0xFF},
      {2, 7, 7, 0, 1, 1, 1, 1, 1, 0, 1, 0, 128, 0},    // a frequency of 0
      {2, 7, 7, 0, 1, 1, 1, 1, 1, 1, 1, 255, 127, 0},  // a state below L
      {2, 7, 7, 0, 1, 1, 1, 1, 1, 1, 1, 0, 128},
  };
  for (const Buffer& fault : faults) {
    Buffer back;
    CHECK_EQ(decoded(settings, fault, back), Status::kCoded);
  }
}

TEST(a_cell_or_block_that_is_not_there_is_refused) {
  SlicerSettings settings = settings_of(1, 1, 8);
  settings.floor_below = 0;
  // Ranks 1 to 9 in cells of 3: three cells in two bits. The element is kept, then its cell.
  Buffer back;
  CHECK_EQ(decoded(settings, {0, 1, 9, 0, 1 | 2 << 1, 0}, back), Status::kOk);
  CHECK_EQ(back[0], 10);
  CHECK_EQ(decoded(settings, {0, 1, 9, 0, 1 | 3 << 1, 0}, back), Status::kCoded);
  // Two blocks that begin alike: the first is empty.
  settings.block_bits = 1;
  CHECK_EQ(decoded(settings, {0, 5, 5, 5, 0, 0, 1 | 1 << 1, 0}, back), Status::kOk);
  CHECK_EQ(decoded(settings, {0, 5, 5, 5, 0, 0, 1 | 0 << 1, 0}, back), Status::kCoded);
}

TEST(every_stream_that_is_cut_or_longer_is_refused) {
  const SlicerSettings settings = settings_of(12, 12, 16);
  const Buffer whole = encoded(settings, features(settings.elements()));
  Buffer back;
  for (size_t size = 0; size < whole.size(); ++size) {
    CHECK_EQ(decoded(settings, Buffer(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)), back),
             Status::kCoded);
  }
  Buffer longer = whole;
  longer.push_back(0);
  CHECK_EQ(decoded(settings, longer, back), Status::kCoded);
}
