// Which operators the next invocation computes, shared with the wrapped registrations.
#ifndef CUTPOINT_TFLM_RUN_RANGE_H_
#define CUTPOINT_TFLM_RUN_RANGE_H_

#include <stdint.h>

#include "../core/span.h"

namespace cutpoint {
namespace tflm {

class MeasuredArena;
class Resolver;

// TFLM passes no argument of ours to a registration; a pointer to this is the interpreter's external context.
struct RunRange {
  const Resolver* resolver = nullptr;
  MeasuredArena* arena = nullptr;
  uint64_t (*now_us)() = nullptr;

  uint16_t first = 0;
  uint16_t last = 0;
  uint16_t next = 0;  // operator that the next wrapped call belongs to: TFLM calls them in order
  Span<uint32_t> operators_us;
  bool failed = false;
  bool preparing = false;
};

}  // namespace tflm
}  // namespace cutpoint

#endif  // CUTPOINT_TFLM_RUN_RANGE_H_
