// PAD and PADV2: rows, columns and channels of one value around a tensor of bytes.
#ifndef CUTPOINT_STREAM_KERNELS_PAD_H_
#define CUTPOINT_STREAM_KERNELS_PAD_H_

#include "../kernel.h"

namespace cutpoint::stream {

extern const Kernel kPad;

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_KERNELS_PAD_H_
