// Ranks in blocks, blocks in cells: what encoder and decoder of codec slicer have to agree on.
#ifndef CUTPOINT_CODEC_SLICER_BLOCKS_H_
#define CUTPOINT_CODEC_SLICER_BLOCKS_H_

#include <stddef.h>
#include <stdint.h>

#include "settings.h"

namespace cutpoint {

enum class SlicerForm : uint8_t { kBitmap = 0, kRuns = 1, kRans = 2, kNothing = 3 };

constexpr uint32_t kSlicerContexts = 6;    // of the flag "kept"
constexpr uint32_t kSlicerCellFlags = 8;   // cells told one by one; further ones are a number
constexpr uint8_t kEvenSign = 128;         // frequency of a sign of which neighbours say nothing
constexpr uint32_t kSlicerRecentMask = 15;  // the four elements before one, latest in bit 0

// Bits that tell `count` things apart; 0 for one.
constexpr uint32_t bits_for(uint32_t count) {
  uint32_t bits = 0;
  while ((1u << bits) < count) {
    ++bits;
  }
  return bits;
}

// Ranks [first, last] of one block; empty where last is first - 1, and then without cells.
struct SlicerBlock {
  uint8_t first = 0;
  uint8_t last = 0;
  uint8_t width = 1;   // ranks of a cell
  uint8_t offset = 0;  // what a cell decodes to, from its first rank
  uint16_t cells = 0;

  bool empty() const { return cells == 0; }
  // What a cell decodes to.
  uint8_t rank_of(uint32_t cell) const {
    const uint32_t rank = first + cell * width + offset;
    return static_cast<uint8_t>(rank < last ? rank : last);
  }
  // Flags at most that tell a cell in a stream.
  uint32_t most_flags() const {
    return cells <= kSlicerCellFlags ? cells - 1u : kSlicerCellFlags;
  }
  uint32_t escape_bits() const { return cells > kSlicerCellFlags + 1 ? bits_for(cells - kSlicerCellFlags) : 0; }
};

struct SlicerBlocks {
  SlicerBlock block[kSlicerMaxBlocks];
  uint32_t count = 1;
};

// Gives the blocks that begin at these ranks, ascending and none of them 0, their ends and cells; `last` is the end of the
// last one, not before its beginning.
void divide(const uint8_t* firsts, uint32_t count, uint8_t last, uint8_t widest, SlicerBlocks& blocks);

// The byte that stands for a rank, one of a block's, on that side of the zero point.
inline uint8_t slicer_value(const SlicerSettings& settings, uint32_t rank, bool below) {
  const uint32_t floor = below ? settings.floor_below : settings.floor_above;
  const uint32_t room = below ? settings.zero : 255u - settings.zero;
  uint32_t distance = rank + floor - 1;
  distance = distance < room ? distance : room;
  const uint32_t order = below ? settings.zero - distance : settings.zero + distance;
  return static_cast<uint8_t>(order ^ settings.order_bit);
}

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_SLICER_BLOCKS_H_
