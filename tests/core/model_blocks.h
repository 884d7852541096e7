// Models of codec.tables for tests, written from docs/codecs.md.
#ifndef CUTPOINT_TESTS_MODEL_BLOCKS_H_
#define CUTPOINT_TESTS_MODEL_BLOCKS_H_

#include <cstdint>
#include <vector>

namespace check {

// A table of frequencies; the escape is the last of them where there are fewer symbols than levels.
struct TableSpec {
  uint16_t symbols;
  uint16_t offset;
  std::vector<uint32_t> frequencies;
};

struct ModelSpec {
  uint8_t prediction = 0;
  uint8_t activity = 0;
  std::vector<uint8_t> thresholds;
  std::vector<uint8_t> group_of;  // empty: one group
  uint8_t groups = 1;
  bool sliced = false;
  std::vector<TableSpec> tables;
};

// Lies at a multiple of 4 as the file does.
class ModelBlock {
 public:
  explicit ModelBlock(const ModelSpec& spec) {
    u8(spec.prediction);
    u8(static_cast<uint8_t>(spec.thresholds.size() + 1));
    for (size_t i = 0; i < 3; ++i) {
      u8(i < spec.thresholds.size() ? spec.thresholds[i] : uint8_t{0});
    }
    u8(spec.groups);
    u8(spec.sliced ? 1 : 0);
    u8(spec.activity);
    if (spec.groups > 1) {
      for (const uint8_t group : spec.group_of) {
        u8(group);
      }
      while (size_ % 4 != 0) {
        u8(0);
      }
    }
    for (const TableSpec& table : spec.tables) {
      u32(static_cast<uint32_t>(table.symbols | table.offset << 16));
      uint32_t start = 0;
      for (const uint32_t frequency : table.frequencies) {
        uint32_t shift = 0;
        while ((1u << shift) < frequency) {
          ++shift;
        }
        const uint64_t power = uint64_t{1} << (31 + shift);
        u32(static_cast<uint32_t>((power + frequency - 1) / frequency));
        u32(start | frequency << 12 | shift << 25);
        start += frequency;
      }
    }
  }

  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(words_.data()); }
  uint8_t* data() { return reinterpret_cast<uint8_t*>(words_.data()); }
  size_t size() const { return size_; }

 private:
  void u8(uint8_t value) {
    if (size_ % 4 == 0) {
      words_.push_back(0);
    }
    data()[size_] = value;
    ++size_;
  }
  void u32(uint32_t value) {
    for (int i = 0; i < 4; ++i) {
      u8(static_cast<uint8_t>(value >> (8 * i) & 0xFFu));
    }
  }

  std::vector<uint32_t> words_;
  size_t size_ = 0;
};

// Frequencies that fall off from both ends of the circle of differences, so that small ones are cheap.
inline std::vector<uint32_t> peaked(size_t count) {
  std::vector<uint32_t> frequencies(count, 1);
  uint32_t left = 4096 - static_cast<uint32_t>(count);
  for (size_t i = count / 2; left != 0; i = (i + 1) % count) {
    const uint32_t more = left / 3 + 1;
    frequencies[i] += more;
    left -= more;
  }
  return frequencies;
}

}  // namespace check

#endif  // CUTPOINT_TESTS_MODEL_BLOCKS_H_
