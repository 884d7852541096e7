#include "window.h"

namespace cutpoint::stream {
namespace {

constexpr uint32_t kMostChannels = 1u << 24;

bool within(int32_t value, int32_t least, int32_t most) { return value >= least && value <= most; }

}  // namespace

bool window_fits(const Shapes& shapes) {
  const OperatorRecord& op = shapes.op;
  if (op.inputs != 1 || op.outputs != 1 || op.units_per_row != 1) {
    return false;
  }
  const TensorRecord& in = *shapes.inputs[0];
  const TensorRecord& out = *shapes.outputs[0];
  const uint32_t channels = filled_up(out.channels);
  if (out.channels > kMostChannels || op.params != kWindowWords + sizeof(Channel) / 4 * channels) {
    return false;
  }
  const Window& w = window_of(op);
  const bool numbers = within(w.kernel_h, 1, UINT16_MAX) && within(w.kernel_w, 1, UINT16_MAX) &&
                       within(w.stride_h, 1, UINT16_MAX) && within(w.stride_w, 1, UINT8_MAX) &&
                       within(w.dilation_h, 1, UINT8_MAX) && within(w.dilation_w, 1, UINT8_MAX) &&
                       within(w.pad_top, 0, UINT16_MAX) && within(w.pad_left, 0, UINT16_MAX);
  if (!numbers || in.item() != 1 || out.item() != 1 || !is_int8(w.input_zero_point) || !is_int8(w.output_zero_point) ||
      !is_int8(w.least) || !is_int8(w.most)) {
    return false;
  }
  for (uint32_t i = 0; i < channels; ++i) {
    if (!shift_fits(channels_of(op)[i].right)) {
      return false;
    }
  }
  return true;
}

bool rows_under_window(const OperatorRecord& op) {
  const Window& w = window_of(op);
  const ReadRule& rule = op.rules()[0];
  return rule.num == w.stride_h && rule.den == 1 && rule.lo == -w.pad_top &&
         rule.hi == -w.pad_top + (w.kernel_h - 1) * w.dilation_h + 1;
}

}  // namespace cutpoint::stream
