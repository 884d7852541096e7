// The block of codec slicer in codec.tables (docs/codecs.md, "slicer"): 20 bytes, nothing of them learnt.
#ifndef CUTPOINT_CODEC_SLICER_SETTINGS_H_
#define CUTPOINT_CODEC_SLICER_SETTINGS_H_

#include <stddef.h>
#include <stdint.h>

#include "../../span.h"
#include "../../status.h"

namespace cutpoint {

constexpr size_t kSlicerBlockBytes = 20;
constexpr size_t kSlicerMaxElements = UINT16_MAX;  // counts have 16 bits
constexpr uint32_t kSlicerMaxBlocks = 8;

// Checked by read_slicer; nobody checks it again. Elements are compared by their *order*, 0 to 255: the byte itself for
// uint8, the byte with its sign bit turned for int8.
struct SlicerSettings {
  uint16_t height = 1;
  uint16_t width = 1;
  uint16_t channels = 1;
  uint16_t keep = 1;        // at least 1
  uint8_t order_bit = 0;    // turned in a byte to get its order
  uint8_t zero = 0;         // order of the zero point
  uint8_t floor_below = 0;  // 0: no element below the zero point is kept; otherwise at most `zero`
  uint8_t floor_above = 0;  // at most 255 - zero
  uint8_t block_bits = 0;
  uint8_t widest = 1;  // ranks of a cell

  size_t elements() const { return static_cast<size_t>(height) * width * channels; }
  size_t row_elements() const { return static_cast<size_t>(width) * channels; }
  uint32_t blocks() const { return 1u << block_bits; }
  bool both_sides() const { return floor_below != 0 && floor_above != 0; }
};

// Reads a block of the file from its first byte on; it may be longer. kTruncated, kDType, kNumber, kReserved.
Status read_slicer(Bytes block, SlicerSettings& settings);

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_SLICER_SETTINGS_H_
