// DEPTHWISE_CONV_2D with the kernel that nearly all networks have: 3x3, stride 1 or 2.
#ifndef CUTPOINT_STREAM_KERNELS_DEPTHWISE_3X3_H_
#define CUTPOINT_STREAM_KERNELS_DEPTHWISE_3X3_H_

#include "../kernel.h"

namespace cutpoint::stream {

// Whether a checked kDepthwiseConv is of that kind: no dilation, one output channel an input channel, and at most one
// column beyond the picture on each side.
bool fits_depthwise_3x3(const Unit& unit);

// Makes the line of one that fits.
void depthwise_3x3(const Unit& unit);

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_KERNELS_DEPTHWISE_3X3_H_
