// What codec delta remembers of frames that were sent, so that the next one can be told as changes.
#ifndef CUTPOINT_CODEC_DELTA_MEMORY_H_
#define CUTPOINT_CODEC_DELTA_MEMORY_H_

#include <stddef.h>
#include <stdint.h>

#include "../../span.h"

namespace cutpoint {

// One tensor's part of the memory. Levels are kept levels (rans/rans.h).
struct DeltaSlot {
  Bytes reference = Bytes();                // as many as the tensor has elements; empty: a key frame
  MutableBytes candidate = MutableBytes();  // written while encoding; empty: nothing is remembered of this tensor
  uint8_t age = 0;                          // of the reference in inferences; 0 for a key frame
};

// Two halves of memory that the application lends: the levels of the *reference*, the last frame of which this device
// knows that the edge has it, and of the *candidate*, the frame sent last. Only an acknowledgement of the candidate
// makes it the reference, so that a frame that is lost, late or refused never becomes one. A reference belongs to one
// setting of one version of the tables; it is lost with the device's boot, as this memory is.
//
// Its owner calls begin() for each frame, encodes (slot), and says what came of it: acknowledged() or forget().
class DeltaMemory {
 public:
  DeltaMemory() = default;
  // Half of `memory` has to hold a byte for each element of all tensors of a cut; what has no room goes as key frames.
  explicit DeltaMemory(MutableBytes memory);

  // A frame with this sequence is encoded next. The candidate before it, if nobody acknowledged it, is gone.
  void begin(uint32_t sequence, uint8_t setting, uint32_t version);

  // How many inferences ago the reference of a frame with this sequence was, 1 to 255; 0 where there is none.
  uint8_t age(uint32_t sequence) const;

  // For the frame that was begun: the memory of a tensor whose elements come after `offset` others of the same cut. The
  // caller writes the whole candidate.
  DeltaSlot slot(size_t offset, size_t count);

  // The edge has answered the frame with this sequence, having decoded it. Anything but the candidate's changes nothing.
  void acknowledged(uint32_t sequence);

  // The edge does not know the reference, or nobody knows what it knows: the next frame is a key frame.
  void forget();

 private:
  struct Frame {
    uint32_t sequence = 0;
    uint32_t version = 0;
    uint8_t setting = 0;
    bool known = false;
    size_t bytes = 0;  // levels from the first tensor on without a gap
  };

  MutableBytes halves_[2] = {};
  uint8_t reference_half_ = 0;
  Frame reference_;
  Frame candidate_;
};

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_DELTA_MEMORY_H_
