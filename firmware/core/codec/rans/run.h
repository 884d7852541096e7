// The loop in which a chip spends its time when it codes by rans: over the channels of pixels of a line.
#ifndef CUTPOINT_CODEC_RANS_RUN_H_
#define CUTPOINT_CODEC_RANS_RUN_H_

#include <stddef.h>
#include <stdint.h>

#include "../../span.h"
#include "model.h"
#include "writer.h"

namespace cutpoint {

// Where levels come from. kTable: elements through to_level. kKept: kept levels, or the elements of an int8 tensor
// that loses nothing, which are the same; arithmetic is on level - 128 then.
enum class LevelSource { kTable, kKept };

constexpr size_t kBlockChannels = kMaxSlicedChannels;

// A channel that is coded, counted from the first of its block, and where the tables of its group lie in the rows.
struct RansChannel {
  uint8_t channel;
  uint8_t row;
};
static_assert(kMaxGroups * kMaxContexts <= 256, "a row fits a byte");

// The elements of a run: a block of channels of the first of `pixels` pixels, and their neighbours. Neighbours outside
// of the tensor lie in a strip of zero levels, where the next pixel's lie in the same place.
struct RansRun {
  struct Line {
    const uint8_t* at;
    size_t step;
  };
  Line here, left, upper;
  Line beside_left, beside_upper;  // what left and upper are held against for the activity
  Line guess;                      // the neighbour that the prediction is, if it is one
  size_t pixels;
};

// What holds for a whole tensor. Its arrays are filled before they are read, and only as far as they are.
struct RansJob {
  RansJob(const LevelGrid& own_grid, const RansModel& own_model, const uint8_t* levels, Bytes data, Bytes before)
      : elements(data.data()), reference(before.data()), to_level(levels), grid(own_grid), model(own_model) {}

  const uint8_t* elements;
  const uint8_t* reference;  // null without one
  const uint8_t* to_level;
  const LevelGrid& grid;
  const RansModel& model;
  RansSums sums;
  const uint8_t* rows[kMaxGroups * kMaxContexts];
  uint8_t strip[kBlockChannels];  // elements of the zero level
  RansChannel coded[kBlockChannels];
  size_t coded_count = 0;
};

// Codes a run from its last element to its first. False where a byte does not fit.
using EncodeRun = bool (*)(const RansJob&, const RansRun&, RansWriter&);

// The loop that was compiled for this source and the model's prediction.
EncodeRun encoder_of(LevelSource source, const RansModel& model);

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_RANS_RUN_H_
