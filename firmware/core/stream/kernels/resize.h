// RESIZE_NEAREST_NEIGHBOR of any type.
#ifndef CUTPOINT_STREAM_KERNELS_RESIZE_H_
#define CUTPOINT_STREAM_KERNELS_RESIZE_H_

#include "../kernel.h"

namespace cutpoint::stream {

// No words. Blob: u16 row of the input for every row of the output, then u16 column for every column.
extern const Kernel kResizeNearest;

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_KERNELS_RESIZE_H_
