// The self-test of kernels that a port plugs in beside the portable ones: whether they make the same bytes.
#ifndef CUTPOINT_STREAM_PARITY_H_
#define CUTPOINT_STREAM_PARITY_H_

#include <stddef.h>
#include <stdint.h>

#include "../span.h"
#include "kernel.h"
#include "plan.h"

namespace cutpoint::stream {

enum class Parity : uint8_t {
  kSame,
  kDiffers,
  kNoRoom,  // not tested
};

// Bytes of scratch that an operator's test takes: rings of its inputs, and rings of its outputs twice. All of a plan's
// operators together need the largest of these; the block of an engine that does not run yet is at hand for it.
size_t parity_bytes(const Plan& plan, uint16_t op);

// Runs units of the operator with both kernels on lines of pseudo-random bytes in rings as the engine has them, and
// compares every byte of the output rings. All units of an operator that keeps something between them; else the first
// and the last three and one in the middle, where padding, wrapping and what is neither show. plan: passed check_plan,
// which asked both kernels. scratch: aligned to 8.
Parity compare_kernels(const Plan& plan, uint16_t op, const Kernel& portable, const Kernel& plugged,
                       MutableBytes scratch, uint32_t seed);

// A bit for each kind of the plan of which every operator is kSame, or `plugged` has no kernel but the portable one. A
// port's KernelOf gives its own kernels for these kinds, and the portable ones for all others.
uint32_t kinds_in_parity(const Plan& plan, KernelOf plugged, MutableBytes scratch, uint32_t seed = 1);

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_PARITY_H_
