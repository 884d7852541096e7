// The activation of which only some chunks came: its head, and the tensors as far as their records can be read.
#ifndef CUTPOINT_FRAME_INCOMPLETE_ACTIVATION_H_
#define CUTPOINT_FRAME_INCOMPLETE_ACTIVATION_H_

#include <stddef.h>
#include <stdint.h>

#include "../status.h"
#include "incomplete.h"
#include "tensor_record.h"

namespace cutpoint {

struct IncompleteTensor {
  TensorRecord record;  // record.coded: its place in the payload; which of its bytes came says the message
  size_t at;            // where in the payload it begins
};

struct IncompleteActivation {
  uint32_t plan_epoch;
  uint8_t setting;
  uint8_t tensor_count;   // as stated
  uint8_t tensors_known;  // how many records could be read: those before the first whose head did not come
  IncompleteTensor tensors[kMaxTensors];
};

// kTruncated when the head did not come; otherwise what is refused of a whole activation is refused of this one, as far
// as it came. What follows the tensors is not looked at.
Status read_incomplete_activation(const IncompleteMessage& message, IncompleteActivation& activation);

}  // namespace cutpoint

#endif  // CUTPOINT_FRAME_INCOMPLETE_ACTIVATION_H_
