// ADD, SUB and MUL of int8, element by element, an operand spread over rows, columns or channels when it has one of them.
#ifndef CUTPOINT_STREAM_KERNELS_ARITHMETIC_H_
#define CUTPOINT_STREAM_KERNELS_ARITHMETIC_H_

#include "../kernel.h"

namespace cutpoint::stream {

// Words: of arithmetic.cc. Blob: the operand that is a constant, if one is.
extern const Kernel kAdd;
extern const Kernel kMul;

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_KERNELS_ARITHMETIC_H_
