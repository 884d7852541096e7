// STRIDED_SLICE, SLICE and SPLIT of any type: each output is an even grid of the input's elements.
#ifndef CUTPOINT_STREAM_KERNELS_SLICE_H_
#define CUTPOINT_STREAM_KERNELS_SLICE_H_

#include "../kernel.h"

namespace cutpoint::stream {

extern const Kernel kSlice;

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_KERNELS_SLICE_H_
