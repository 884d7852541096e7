// Levels in bits, pulled in pieces, told beforehand, and undone; what is no coded tensor is refused.
#include "codec/lowbit/lowbit.h"

#include "check.h"

using namespace cutpoint;

namespace {

using Buffer = std::vector<uint8_t>;

Bytes view(const Buffer& buffer) { return Bytes(buffer.data(), buffer.size()); }
MutableBytes writable(Buffer& buffer) { return MutableBytes(buffer.data(), buffer.size()); }

// Even steps; a level stands for the lowest byte that has it.
struct Sample {
  explicit Sample(uint16_t levels, bool ordered = false, uint16_t channels = 3) : to_level(256), to_value(levels) {
    for (size_t value = 256; value-- > 0;) {
      to_level[value] = static_cast<uint8_t>(value * levels / 256);
      to_value[to_level[value]] = static_cast<uint8_t>(value);
    }
    tables.codec = CodecId::kLowbit;
    tables.dtype = DType::kInt8;
    tables.grid = LevelGrid{5, 7, channels, levels, 0};
    tables.mark = 0xBEEF;
    tables.to_level = to_level.data();
    tables.to_value = to_value.data();
    for (uint16_t i = 0; i < channels; ++i) {
      order.push_back(static_cast<uint8_t>((i + 1) % channels));
    }
    tables.order = ordered ? order.data() : nullptr;
    for (size_t i = 0; i < tables.elements(); ++i) {
      elements.push_back(static_cast<uint8_t>(i * 37 + i / 5));
    }
  }

  Buffer coded(size_t piece) const {
    LowbitWriter writer;
    writer.begin(tables, view(elements));
    Buffer out;
    Buffer buffer(piece);
    for (size_t count = 1; count != 0;) {
      count = writer.pull(writable(buffer));
      out.insert(out.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
    }
    return out;
  }

  Buffer to_level;
  Buffer to_value;
  Buffer order;
  TensorTables tables = {};
  Buffer elements;
};

constexpr uint16_t kLevels[] = {1, 2, 3, 4, 5, 16, 17, 100, 128, 129, 255, 256};

}  // namespace

TEST(the_bits_hold_every_level) {
  const uint32_t bits[] = {0, 1, 2, 2, 3, 4, 5, 7, 7, 8, 8, 8};
  for (size_t i = 0; i < sizeof kLevels / sizeof kLevels[0]; ++i) {
    CHECK_EQ(lowbit_bits(Sample(kLevels[i]).tables), bits[i]);
  }
}

TEST(pieces_of_any_size_are_the_whole_and_each_element_comes_back_as_its_level_s_value) {
  for (const uint16_t levels : kLevels) {
    for (const bool ordered : {false, true}) {
      const Sample sample(levels, ordered);
      const Buffer whole = sample.coded(1000);
      CHECK_EQ(whole.size(), lowbit_bytes(sample.tables));
      for (size_t piece = 1; piece < 12; ++piece) {
        CHECK(sample.coded(piece) == whole);
      }
      Buffer back(sample.elements.size());
      REQUIRE(decode_lowbit(sample.tables, view(whole), writable(back)) == Status::kOk);
      for (size_t i = 0; i < back.size(); ++i) {
        CHECK_EQ(back[i], sample.to_value[sample.to_level[sample.elements[i]]]);
      }
    }
  }
}

TEST(channels_go_one_by_one_in_their_order) {
  Sample sample(256, true);
  const Buffer coded = sample.coded(1000);
  const size_t positions = sample.elements.size() / 3;
  for (size_t i = 0; i < positions; ++i) {
    CHECK_EQ(coded[2 + i], sample.elements[3 * i + 1]);
    CHECK_EQ(coded[2 + 2 * positions + i], sample.elements[3 * i]);
  }
}

TEST(what_is_final_is_what_the_rest_cannot_change) {
  for (const uint16_t levels : kLevels) {
    for (const bool ordered : {false, true}) {
      Sample sample(levels, ordered);
      const Buffer whole = sample.coded(1000);
      size_t before = 0;
      for (size_t ready = 0; ready <= sample.elements.size(); ++ready) {
        Sample other(levels, ordered);
        for (size_t i = ready; i < other.elements.size(); ++i) {
          other.elements[i] = static_cast<uint8_t>(~other.elements[i]);
        }
        const size_t final = lowbit_final_bytes(sample.tables, ready);
        CHECK(final >= before);
        before = final;
        const Buffer changed = other.coded(1000);
        CHECK(Buffer(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(final)) ==
              Buffer(changed.begin(), changed.begin() + static_cast<std::ptrdiff_t>(final)));
      }
      CHECK_EQ(before, whole.size());
      CHECK(ordered || lowbit_final_bytes(sample.tables, 8) == 2 + lowbit_bits(sample.tables));
    }
  }
}

TEST(what_no_writer_makes_is_refused) {
  const Sample sample(5);  // 105 elements of 3 bits: 315 bits, 5 of padding
  const Buffer good = sample.coded(1000);
  Buffer back(sample.elements.size());
  Buffer bad = good;
  bad.pop_back();
  CHECK_EQ(decode_lowbit(sample.tables, view(bad), writable(back)), Status::kCoded);
  bad = good;
  bad.push_back(0);
  CHECK_EQ(decode_lowbit(sample.tables, view(bad), writable(back)), Status::kCoded);
  CHECK_EQ(decode_lowbit(sample.tables, Bytes(), writable(back)), Status::kCoded);
  bad = good;
  bad[0] ^= 1;
  CHECK_EQ(decode_lowbit(sample.tables, view(bad), writable(back)), Status::kTables);
  bad = good;
  bad[2] |= 7;  // level 7 of 5
  CHECK_EQ(decode_lowbit(sample.tables, view(bad), writable(back)), Status::kCoded);
  for (int bit = 3; bit < 8; ++bit) {
    bad = good;
    bad.back() = static_cast<uint8_t>(bad.back() | 1 << bit);
    CHECK_EQ(decode_lowbit(sample.tables, view(bad), writable(back)), Status::kCoded);
  }
  back.pop_back();
  CHECK_EQ(decode_lowbit(sample.tables, view(good), writable(back)), Status::kCoded);
}
