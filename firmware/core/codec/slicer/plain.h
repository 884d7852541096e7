// Forms 0 and 1 of codec slicer: positions as a bitmap or as run lengths, values in bits.
#ifndef CUTPOINT_CODEC_SLICER_PLAIN_H_
#define CUTPOINT_CODEC_SLICER_PLAIN_H_

#include <stddef.h>
#include <stdint.h>

#include "../../span.h"
#include "../../status.h"
#include "blocks.h"
#include "frame.h"
#include "settings.h"

namespace cutpoint {

constexpr uint32_t kMaxRunShift = 7;
constexpr size_t kRunHeadBytes = 2;  // u16 kept

// p of the page: floor(log2 of (elements - kept) / kept), at most 7.
uint32_t run_shift(size_t elements, uint32_t kept);

// Bits of all run lengths, or any number above `most` where they are more.
size_t measure_runs(const SlicerFrame& frame, size_t most);

// Write behind the head; the caller has measured.
void write_bitmap(const SlicerFrame& frame, uint8_t* to);
void write_runs(const SlicerFrame& frame, uint32_t shift, uint8_t* to);

Status read_bitmap(const SlicerSettings& settings, const SlicerBlocks& blocks, Bytes coded, MutableBytes elements);
Status read_runs(const SlicerSettings& settings, const SlicerBlocks& blocks, uint32_t shift, Bytes coded,
                 MutableBytes elements);

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_SLICER_PLAIN_H_
