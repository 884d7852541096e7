#include "window.h"

namespace cutpoint::stream {
namespace {

bool within(int32_t value, int32_t least, int32_t most) { return value >= least && value <= most; }

}  // namespace

bool window_fits(const Shapes& shapes, uint32_t channels) {
  const OperatorRecord& op = shapes.op;
  if (op.inputs != 1 || op.outputs != 1 || op.units_per_row != 1 || channels > (1u << 24) ||
      op.params != kWindowWords + sizeof(Channel) / 4 * filled_up(channels)) {
    return false;
  }
  const TensorRecord& in = *shapes.inputs[0];
  const TensorRecord& out = *shapes.outputs[0];
  const Window& w = window_of(op);
  const bool numbers = within(w.kernel_h, 1, UINT16_MAX) && within(w.kernel_w, 1, UINT16_MAX) &&
                       within(w.stride_h, 1, UINT16_MAX) && within(w.stride_w, 1, UINT8_MAX) &&
                       within(w.dilation_h, 1, UINT8_MAX) && within(w.dilation_w, 1, UINT8_MAX) &&
                       within(w.pad_top, 0, UINT16_MAX) && within(w.pad_left, 0, UINT16_MAX);
  if (!numbers || in.item() != 1 || out.item() != 1 || !is_int8(w.input_zero_point) || !is_int8(w.output_zero_point) ||
      !is_int8(w.least) || !is_int8(w.most)) {
    return false;
  }
  for (uint32_t i = 0; i < filled_up(channels); ++i) {
    if (!shift_fits(channels_of(op)[i].right)) {
      return false;
    }
  }
  return true;
}

}  // namespace cutpoint::stream
