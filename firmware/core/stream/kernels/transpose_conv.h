// TRANSPOSE_CONV of int8, a line at a time.
#ifndef CUTPOINT_STREAM_KERNELS_TRANSPOSE_CONV_H_
#define CUTPOINT_STREAM_KERNELS_TRANSPOSE_CONV_H_

#include "../kernel.h"

namespace cutpoint::stream {

extern const Kernel kTransposeConv;

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_KERNELS_TRANSPOSE_CONV_H_
