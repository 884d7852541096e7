// CONCATENATION over rows, columns or channels, of any type.
#ifndef CUTPOINT_STREAM_KERNELS_CONCATENATION_H_
#define CUTPOINT_STREAM_KERNELS_CONCATENATION_H_

#include "../kernel.h"

namespace cutpoint::stream {

extern const Kernel kConcatenation;

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_KERNELS_CONCATENATION_H_
