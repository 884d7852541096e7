// One element out of one, by a table that the host made: RELU, LOGISTIC, QUANTIZE, DEQUANTIZE and their like.
#ifndef CUTPOINT_STREAM_KERNELS_TABLE_H_
#define CUTPOINT_STREAM_KERNELS_TABLE_H_

#include "../kernel.h"

namespace cutpoint::stream {

// Blob: 256 elements of the output's type, for the input's bytes 0 to 255.
extern const Kernel kTable;

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_KERNELS_TABLE_H_
