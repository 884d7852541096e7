// SOFTMAX of int8 over the channels of every position, without floating point.
#ifndef CUTPOINT_STREAM_KERNELS_SOFTMAX_H_
#define CUTPOINT_STREAM_KERNELS_SOFTMAX_H_

#include "../kernel.h"

namespace cutpoint::stream {

// No words. Blob: int32 of 31 fractional bits, exp(-beta * scale * difference) for the differences 0, 1, ... to the
// largest channel; further ones count as 0.
extern const Kernel kSoftmax;

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_KERNELS_SOFTMAX_H_
