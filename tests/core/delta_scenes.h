// Small tensors, their tables, and frames of codec delta for its tests.
#ifndef CUTPOINT_TESTS_DELTA_SCENES_H_
#define CUTPOINT_TESTS_DELTA_SCENES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "codec/delta/delta.h"
#include "codec/rans/rans.h"
#include "model_blocks.h"

namespace check {

using namespace cutpoint;

using Buffer = std::vector<uint8_t>;

inline Bytes view(const Buffer& buffer) { return Bytes(buffer.data(), buffer.size()); }
inline MutableBytes view(Buffer& buffer) { return MutableBytes(buffer.data(), buffer.size()); }

struct Random {
  uint32_t state;
  uint32_t below(uint32_t count) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % count;
  }
  bool one_in(uint32_t count) { return below(count) == 0; }
};

inline ModelSpec model_spec(uint8_t prediction, uint8_t activity, uint16_t levels) {
  ModelSpec spec{prediction, activity, {1, 4}, {}, 1, false, {}};
  for (uint16_t i = 0; i < 3; ++i) {
    const uint16_t symbols = static_cast<uint16_t>(levels / 2 + i);
    spec.tables.push_back(TableSpec{symbols, static_cast<uint16_t>(symbols / 2), check::peaked(symbols + 1u)});
  }
  return spec;
}

// Tables of a tensor of 3 x 4 x 2: levels are elements without their low bits.
struct Tables {
  explicit Tables(uint16_t levels, uint16_t tolerance = 0)
      : key_block(model_spec(1, 0, levels)), change_block(model_spec(4, 2, levels)) {
    const uint16_t step = static_cast<uint16_t>(256 / levels);
    for (uint32_t i = 0; i < 256; ++i) {
      to_level.push_back(static_cast<uint8_t>((i ^ 0x80) / step));
    }
    for (uint32_t level = 0; level < levels; ++level) {
      to_value.push_back(static_cast<uint8_t>((level * step + step / 2) ^ 0x80));
    }
    tables.grid = LevelGrid{3, 4, 2, levels, static_cast<uint8_t>(levels / 2)};
    tables.dtype = DType::kInt8;
    tables.codec = CodecId::kDelta;
    tables.tolerance = tolerance;
    tables.mark = 0xBEEF;
    tables.to_level = to_level.data();
    tables.to_value = to_value.data();
    size_t bytes = 0;
    good = read_model(Bytes(key_block.data(), key_block.size()), tables.grid, false, tables.models[0], bytes) == Status::kOk &&
           read_model(Bytes(change_block.data(), change_block.size()), tables.grid, true, tables.models[1], bytes) ==
               Status::kOk;
  }

  ModelBlock key_block, change_block;
  Buffer to_level, to_value;
  TensorTables tables = {};
  bool good;
};

constexpr size_t kElements = 24;

inline Buffer scene(Random& random) {
  Buffer elements(kElements);
  for (uint8_t& element : elements) {
    element = static_cast<uint8_t>(random.below(40));
  }
  return elements;
}

inline Buffer levels_of_kept(Bytes kept) {
  Buffer levels(kept.begin(), kept.end());
  for (uint8_t& level : levels) {
    level ^= kKeptLevelBit;
  }
  return levels;
}

// A frame coded with its slot's reference, and the levels that its coding left in the candidate.
struct Coded {
  Buffer bytes;
  Buffer levels;
};

inline Coded encode(const Tables& tables, const DeltaSlot& slot, const Buffer& elements, size_t room = 256) {
  Buffer out(room);
  const size_t bytes = encode_delta(tables.tables, slot, view(elements), view(out));
  return {Buffer(out.end() - static_cast<std::ptrdiff_t>(bytes), out.end()), levels_of_kept(slot.candidate)};
}

}  // namespace check

#endif  // CUTPOINT_TESTS_DELTA_SCENES_H_
