// MEAN and SUM of int8 over rows, columns or both, a row at a time.
#ifndef CUTPOINT_STREAM_KERNELS_MEAN_H_
#define CUTPOINT_STREAM_KERNELS_MEAN_H_

#include "../kernel.h"

namespace cutpoint::stream {

// Reducing rows, it is run for each row of the input, and its second output keeps int32 sums from one to the next.
extern const Kernel kMean;

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_KERNELS_MEAN_H_
