// Which elements of a tensor are kept, told from a histogram, and what blocks they make.
#ifndef CUTPOINT_CODEC_SLICER_SELECTION_H_
#define CUTPOINT_CODEC_SLICER_SELECTION_H_

#include <stddef.h>
#include <stdint.h>

#include "../../span.h"
#include "blocks.h"
#include "settings.h"
#include "words.h"

namespace cutpoint {

// Flags by what they say.
struct FlagCount {
  uint32_t ones = 0;
  uint32_t all = 0;
};

struct Selection {
  uint32_t kept = 0;     // elements
  uint32_t least = 0;    // lowest rank that is kept; what follows makes sense only if any is
  uint32_t surplus = 0;  // elements of that rank that are not kept: the last ones
  uint32_t value_bits = 0;  // of all kept elements in forms 0 and 1, signs not counted
  SlicerBlocks blocks;
  FlagCount more[kSlicerMaxBlocks];  // in a stream: flags of one more cell

  // Orders that are kept: above these (256: none), below those (0: none).
  uint32_t above(const SlicerSettings& settings) const {
    return settings.floor_above == 0 ? 256u : settings.zero + settings.floor_above + least - 1;
  }
  uint32_t below(const SlicerSettings& settings) const {
    const uint32_t distance = settings.floor_below + least - 1;
    return settings.floor_below == 0 || distance > settings.zero ? 0u : settings.zero - distance + 1;
  }
};

constexpr size_t kHistogramHalves = 256;

constexpr uint32_t kCellShift = 3;  // above the number of a block

// Both arrays have that room. `bytes` is used up; `ranks` says afterwards of each rank that is kept where it lies: its block,
// and its cell << kCellShift.
void select(const SlicerSettings& settings, Bytes elements, Halves bytes, Halves ranks, Selection& selection);

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_SLICER_SELECTION_H_
