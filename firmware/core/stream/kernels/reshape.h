// RESHAPE and its like: the same bytes in rows of another length.
#ifndef CUTPOINT_STREAM_KERNELS_RESHAPE_H_
#define CUTPOINT_STREAM_KERNELS_RESHAPE_H_

#include "../kernel.h"

namespace cutpoint::stream {

extern const Kernel kReshape;

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_KERNELS_RESHAPE_H_
