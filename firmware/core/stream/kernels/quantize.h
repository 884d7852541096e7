// QUANTIZE from float32 to int8: the only kernel with floating point, in single precision.
#ifndef CUTPOINT_STREAM_KERNELS_QUANTIZE_H_
#define CUTPOINT_STREAM_KERNELS_QUANTIZE_H_

#include "../kernel.h"

namespace cutpoint::stream {

extern const Kernel kQuantize;

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_KERNELS_QUANTIZE_H_
