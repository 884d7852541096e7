#include "blocks.h"

namespace cutpoint {

void divide(const uint8_t* firsts, uint32_t count, uint8_t last, uint8_t widest, SlicerBlocks& blocks) {
  blocks.count = count;
  for (uint32_t j = 0; j < count; ++j) {
    SlicerBlock& block = blocks.block[j];
    block = SlicerBlock();
    block.first = firsts[j];
    block.last = j + 1 < count ? static_cast<uint8_t>(firsts[j + 1] - 1) : last;
    const uint32_t ranks = block.last + 1u - block.first;
    if (ranks != 0) {
      const uint32_t cells = (ranks + widest - 1u) / widest;
      block.cells = static_cast<uint16_t>(cells);
      block.width = static_cast<uint8_t>((ranks + cells - 1) / cells);
    }
  }
}

}  // namespace cutpoint
