// The form of codec bitmap, byte by byte, and every form that is not canonical.
#include "codec/bitmap/bitmap.h"

#include "check.h"

using namespace cutpoint;

namespace {

using Buffer = std::vector<uint8_t>;

Bytes view(const Buffer& buffer) { return Bytes(buffer.data(), buffer.size()); }

Status undone(size_t item, const Buffer& coded, Buffer& raw) {
  return decode_bitmap(item, view(coded), MutableBytes(raw.data(), raw.size()));
}

// Ten int16, the fill 0x0105: elements 1 and 8 differ.
const Buffer kFill = {5, 1};
const Buffer kRaw = {5, 1, 9, 1, 5, 1, 5, 1, 5, 1, 5, 1, 5, 1, 5, 1, 5, 2, 5, 1};
const Buffer kCoded = {5, 1, 0x02, 0x01, 9, 1, 5, 2};

}  // namespace

TEST(a_bit_per_element_and_those_that_differ_from_the_fill) {
  CHECK_EQ(count_differing(2, view(kRaw), kFill.data()), size_t{2});
  CHECK_EQ(bitmap_bytes(10), size_t{2});
  CHECK_EQ(bitmap_byte(2, view(kRaw), 0, kFill.data()), 0x02);
  CHECK_EQ(bitmap_byte(2, view(kRaw), 8, kFill.data()), 0x01);
  for (size_t piece = 1; piece < 6; ++piece) {
    size_t element = 0;
    size_t offset = 0;
    Buffer packed;
    Buffer buffer(piece);
    for (size_t count = 1; count != 0;) {
      count = pack_differing(2, view(kRaw), kFill.data(), element, offset, MutableBytes(buffer.data(), piece));
      packed.insert(packed.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
    }
    CHECK(packed == (Buffer{9, 1, 5, 2}));
  }
  Buffer raw(kRaw.size());
  CHECK_EQ(undone(2, kCoded, raw), Status::kOk);
  CHECK(raw == kRaw);
}

TEST(a_form_that_is_not_canonical_is_refused) {
  Buffer raw(kRaw.size());
  Buffer bad = kCoded;
  bad.pop_back();  // half an element
  CHECK_EQ(undone(2, bad, raw), Status::kCoded);
  bad = kCoded;
  bad[2] = 0x06;  // an element that is not there
  CHECK_EQ(undone(2, bad, raw), Status::kCoded);
  bad = kCoded;
  bad[2] = 0x00;  // one that nobody takes
  CHECK_EQ(undone(2, bad, raw), Status::kCoded);
  bad = kCoded;
  bad[3] = 0x05;  // the eleventh of ten
  CHECK_EQ(undone(2, bad, raw), Status::kCoded);
  bad = kCoded;
  bad[4] = 5;  // equal to the fill
  CHECK_EQ(undone(2, bad, raw), Status::kCoded);
}
