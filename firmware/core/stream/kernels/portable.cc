#include "../kernel.h"
#include "arithmetic.h"
#include "conv.h"
#include "depthwise_conv.h"
#include "quantize.h"
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
    case OperatorKind::kQuantize:
      return &kQuantize;
    default:
      return nullptr;
  }
}

}  // namespace cutpoint::stream
