#include "../kernel.h"
#include "arithmetic.h"
#include "concatenation.h"
#include "conv.h"
#include "depthwise_conv.h"
#include "mean.h"
#include "pad.h"
#include "pooling.h"
#include "quantize.h"
#include "reshape.h"
#include "resize.h"
#include "slice.h"
#include "softmax.h"
#include "table.h"
#include "transpose_conv.h"

namespace cutpoint::stream {

const Kernel* portable_kernel(uint8_t kind) {
  switch (static_cast<OperatorKind>(kind)) {
    case OperatorKind::kConv:
      return &kConv;
    case OperatorKind::kDepthwiseConv:
      return &kDepthwiseConv;
    case OperatorKind::kTransposeConv:
      return &kTransposeConv;
    case OperatorKind::kAdd:
      return &kAdd;
    case OperatorKind::kMul:
      return &kMul;
    case OperatorKind::kSoftmax:
      return &kSoftmax;
    case OperatorKind::kTable:
      return &kTable;
    case OperatorKind::kMaxPool:
      return &kMaxPool;
    case OperatorKind::kAveragePool:
      return &kAveragePool;
    case OperatorKind::kMean:
      return &kMean;
    case OperatorKind::kConcatenation:
      return &kConcatenation;
    case OperatorKind::kSlice:
      return &kSlice;
    case OperatorKind::kPad:
      return &kPad;
    case OperatorKind::kReshape:
      return &kReshape;
    case OperatorKind::kResizeNearest:
      return &kResizeNearest;
    case OperatorKind::kQuantize:
      return &kQuantize;
    default:
      return nullptr;
  }
}

}  // namespace cutpoint::stream
