// The gate through which a plan enters: after it, no operator reads or writes outside of the memory that it is given.
#ifndef CUTPOINT_STREAM_CHECK_H_
#define CUTPOINT_STREAM_CHECK_H_

#include <stdint.h>

#include "../span.h"
#include "kernel.h"
#include "plan.h"

namespace cutpoint::stream {

enum class PlanFault : uint8_t {
  kNone = 0,
  kTruncated,  // fewer bytes than a header, or than it states
  kAlignment,  // the bytes do not begin at a multiple of 4
  kMagic,
  kVersion,
  kCrc,
  kModel,      // of another network than the one that is asked for
  kCounts,     // numbers of tensors, operators, inputs that cannot be
  kPlace,      // a table that does not lie inside the plan
  kTensor,     // a shape or type that cannot be
  kOperand,    // an operator reads what is not made before it, or makes what it must not
  kRule,       // rows that cannot be
  kKind,       // an operator that this build does not carry
  kOperator,   // parameters or weights that do not fit its shapes
  kLayout,     // lines that do not lie inside of their block
};

// One sentence, for people.
const char* plan_fault_text(PlanFault fault);

// Checks every byte that the engine goes by. Rows may still be placed over each other, or a range may get stuck: the
// answer is then wrong, or the run fails, as with any wrong weight. model: of the slot; null to accept any.
PlanFault check_plan(Bytes bytes, const ModelId* model = nullptr, KernelOf kernels = portable_kernel);

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_CHECK_H_
