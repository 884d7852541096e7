// A kept element as the encoder sees it: its side, block and cell.
#ifndef CUTPOINT_CODEC_SLICER_ELEMENT_H_
#define CUTPOINT_CODEC_SLICER_ELEMENT_H_

#include <stdint.h>

#include "blocks.h"
#include "settings.h"

namespace cutpoint {

struct KeptElement {
  uint32_t block;
  uint32_t cell;
};

// Finds blocks and cells without a division.
class ElementSorter {
 public:
  ElementSorter(const SlicerSettings& settings, const SlicerBlocks& blocks)
      : blocks_(blocks),
        order_bit_(settings.order_bit),
        above_one_(settings.zero + settings.floor_above - 1u),
        below_one_(settings.zero - settings.floor_below + 1u) {
    for (uint32_t j = 0; j < blocks.count; ++j) {
      reciprocal_[j] = 0xFFFFu / blocks.block[j].width + 1;
    }
  }

  KeptElement of(uint8_t element, bool below) const {
    const uint32_t order = static_cast<uint32_t>(element ^ order_bit_);
    const uint32_t rank = below ? below_one_ - order : order - above_one_;
    const uint32_t block = blocks_.of(rank);
    // ceil(2^16 / width), exact for what is below 256.
    return {block, (rank - blocks_.block[block].first) * reciprocal_[block] >> 16};
  }

 private:
  const SlicerBlocks& blocks_;
  uint8_t order_bit_;
  uint32_t above_one_;  // order whose rank would be 0
  uint32_t below_one_;
  uint32_t reciprocal_[kSlicerMaxBlocks];
};

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_SLICER_ELEMENT_H_
