// Which engine runs the model in a slot: Stream where TFLM's arena would not lie inside the chip, TFLM where it does.
#ifndef CUTPOINT_DEVICE_ARENA_ENGINE_CHOICE_H_
#define CUTPOINT_DEVICE_ARENA_ENGINE_CHOICE_H_

#include "../slot/header.h"
#include "choice.h"

namespace cutpoint::device {

// For a firmware that has both. `memory` is what is free while no model is loaded. Stream when the slot has a plan, and the
// board has no PSRAM, or TFLM's arena for the operators on board does not fit inside the chip, or nobody has measured
// it: Stream takes less RAM in any case. TFLM else, whose kernels are the faster ones on chips with instructions for them.
SlotEngine choose_engine(const SlotHeader& header, const FreeMemory& memory);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_ARENA_ENGINE_CHOICE_H_
