// The inner interface of the engine: a kernel computes one unit of an operator, from lines to lines.
#ifndef CUTPOINT_STREAM_KERNEL_H_
#define CUTPOINT_STREAM_KERNEL_H_

#include <stdint.h>

#include "../span.h"
#include "plan.h"

namespace cutpoint::stream {

// Numbers of the plan file; append, never renumber.
enum class OperatorKind : uint8_t {
  kConv = 1,  // and FULLY_CONNECTED: a window over the whole vector
  kDepthwiseConv = 2,
  kTransposeConv = 4,
  kAdd = 5,  // and SUB: a negative multiplier
  kMul = 6,
  kMaxPool = 7,
  kAveragePool = 8,
  kMean = 9,
  kSoftmax = 10,
  kTable = 11,  // every operator that makes one element out of one
  kConcatenation = 12,
  kSlice = 13,  // STRIDED_SLICE, SLICE, and each part of a SPLIT
  kPad = 14,
  kReshape = 15,
  kResizeNearest = 16,
  kQuantize = 17,  // from float32; from integers it is a table
};
constexpr uint8_t kKinds = 18;

// A tensor in memory: row r at base + (r % lines) * row_bytes.
struct Lines {
  uint8_t* base;
  uint32_t row_bytes;
  uint16_t lines;
  uint16_t rows;
  uint16_t width;
  uint32_t channels;

  uint8_t* at(uint32_t row) const { return base + (row < lines ? row : row % lines) * row_bytes; }
  const int8_t* row(uint32_t row) const { return reinterpret_cast<const int8_t*>(at(row)); }
  int8_t* made(uint32_t row) const { return reinterpret_cast<int8_t*>(at(row)); }
};

struct Unit {
  const OperatorRecord& op;
  const Lines* inputs;
  const Lines* outputs;
  uint32_t unit;

  const int32_t* words() const { return op.words(); }
};

// An operator with the shapes that its words and blob must fit.
struct Shapes {
  const OperatorRecord& op;
  const TensorRecord* const* inputs;
  const TensorRecord* const* outputs;
};

struct Kernel {
  // Whether `run` stays inside of its lines, words and blob whatever these hold. Counts of operands are within
  // kMaxOperands, sizes of tensors within the block, and rules within range before this is asked. Lines may overlap:
  // whatever copies whole pieces of them moves bytes.
  bool (*check)(const Shapes& shapes);
  void (*run)(const Unit& unit);
};

// The kernel of a kind; null when this build does not carry it.
using KernelOf = const Kernel* (*)(uint8_t kind);

// The portable kernels of this folder.
const Kernel* portable_kernel(uint8_t kind);

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_KERNEL_H_
