// The Stream engine with the kernels of a FOMO network only: what the engine weighs on a board that runs no other.
#include "linked.h"
#include "stream/kernels/arithmetic.h"
#include "stream/kernels/conv.h"
#include "stream/kernels/depthwise_conv.h"
#include "stream/kernels/softmax.h"
#include "stream_run.h"

CUTPOINT_LINKED(plan)
CUTPOINT_LINKED(picture)

namespace {

using namespace cutpoint::stream;

const Kernel* fomo_kernel(uint8_t kind) {
  switch (static_cast<OperatorKind>(kind)) {
    case OperatorKind::kConv:
      return &kConv;
    case OperatorKind::kDepthwiseConv:
      return &kDepthwiseConv;
    case OperatorKind::kAdd:
      return &kAdd;
    case OperatorKind::kSoftmax:
      return &kSoftmax;
    default:
      return nullptr;
  }
}

}  // namespace

int main() { return cutpoint::qemu::run_plan(linked_plan(), linked_picture(), fomo_kernel); }
