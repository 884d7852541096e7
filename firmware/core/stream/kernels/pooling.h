// MAX_POOL_2D and AVERAGE_POOL_2D of int8; positions outside of the picture do not count.
#ifndef CUTPOINT_STREAM_KERNELS_POOLING_H_
#define CUTPOINT_STREAM_KERNELS_POOLING_H_

#include "../kernel.h"

namespace cutpoint::stream {

extern const Kernel kMaxPool;
extern const Kernel kAveragePool;

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_KERNELS_POOLING_H_
