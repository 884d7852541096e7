// Form 2 of codec slicer: one rANS stream of flags and numbers.
#ifndef CUTPOINT_CODEC_SLICER_STREAM_H_
#define CUTPOINT_CODEC_SLICER_STREAM_H_

#include <stddef.h>
#include <stdint.h>

#include "../../span.h"
#include "../../status.h"
#include "blocks.h"
#include "frame.h"
#include "settings.h"

namespace cutpoint {

// Frequencies of 1 in one frame. Of flags that a frame cannot have they are never read.
struct SlicerFrequencies {
  uint8_t kept[kSlicerContexts];
  uint8_t sign;                    // as predicted
  uint8_t more[kSlicerMaxBlocks];  // one more cell

  // As they lie in a frame, one after the other: how many there are.
  static size_t bytes(const SlicerSettings& settings, const SlicerBlocks& blocks);
  void write(const SlicerSettings& settings, const SlicerBlocks& blocks, uint8_t* to) const;
  // `from` has that many bytes. kCoded for a frequency of 0.
  Status read(const SlicerSettings& settings, const SlicerBlocks& blocks, const uint8_t* from);
};

// Looks at every element once.
void count_flags(const SlicerFrame& frame, SlicerFrequencies& frequencies);

// Writes the stream into the end of `out`; returns how many bytes, 0 where they do not fit.
size_t encode_flags(const SlicerFrame& frame, const SlicerFrequencies& frequencies, MutableBytes out);

Status decode_flags(const SlicerSettings& settings, const SlicerBlocks& blocks, const SlicerFrequencies& frequencies,
                    Bytes stream, MutableBytes elements);

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_SLICER_STREAM_H_
