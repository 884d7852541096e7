#include "conv.h"

#include "../requantise.h"

namespace cutpoint::stream {
namespace {

constexpr uint32_t kBlock = 4;  // output channels whose weights lie together

// The words: these, then bias, multiplier and shift of each output channel, all biases first; channels are filled up to a
// multiple of kBlock. The bias holds -zero_point * (sum of the channel's weights) already, so a padded position counts as
// an input of zero_point. Blob: [channels / kBlock][kernel_h][kernel_w][input channels][kBlock].
struct Params {
  int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
  int32_t input_zero_point, output_zero_point, least, most;
};
constexpr uint32_t kWords = sizeof(Params) / 4;

uint32_t filled_up(uint32_t channels) { return (channels + kBlock - 1) / kBlock * kBlock; }

bool window_fits(const Params& p, const ReadRule& rule) {
  const bool small = p.kernel_h > 0 && p.kernel_h < 256 && p.kernel_w > 0 && p.kernel_w < 256 && p.stride_h > 0 &&
                     p.stride_h < 256 && p.stride_w > 0 && p.stride_w < 256 && p.dilation_h > 0 &&
                     p.dilation_h < 256 && p.dilation_w > 0 && p.dilation_w < 256 && p.pad_top >= 0 &&
                     p.pad_top < 65536 && p.pad_left >= 0 && p.pad_left < 65536;
  return small && rule.num == p.stride_h && rule.den == 1 && rule.lo == -p.pad_top &&
         rule.hi == -p.pad_top + (p.kernel_h - 1) * p.dilation_h + 1;
}

bool check(const Shapes& shapes) {
  const OperatorRecord& op = shapes.op;
  if (op.inputs != 1 || op.outputs != 1 || op.units_per_row != 1 || op.params < kWords) {
    return false;
  }
  const TensorRecord& in = *shapes.inputs[0];
  const TensorRecord& out = *shapes.outputs[0];
  const Params& p = *reinterpret_cast<const Params*>(op.words());
  if (in.item() != 1 || out.item() != 1 || !window_fits(p, op.rules()[0]) || !is_int8(p.input_zero_point) ||
      !is_int8(p.output_zero_point) || !is_int8(p.least) || !is_int8(p.most)) {
    return false;
  }
  const uint32_t channels = filled_up(out.channels);
  const uint64_t weights = static_cast<uint64_t>(channels) * static_cast<uint32_t>(p.kernel_h * p.kernel_w) * in.channels;
  if (op.params != kWords + 3ull * channels || weights != op.blob_bytes) {
    return false;
  }
  const int32_t* shifts = op.words() + kWords + 2 * channels;
  for (uint32_t i = 0; i < channels; ++i) {
    if (!shift_fits(shifts[i])) {
      return false;
    }
  }
  return true;
}

void run(const Unit& unit) {
  const Params& p = *reinterpret_cast<const Params*>(unit.words());
  const Lines& in = unit.inputs[0];
  const Lines& out = unit.outputs[0];
  const uint32_t channels = filled_up(out.channels);
  const int32_t* biases = unit.words() + kWords;
  const int32_t* multipliers = biases + channels;
  const int32_t* shifts = multipliers + channels;
  const int8_t* weights = reinterpret_cast<const int8_t*>(unit.op.blob());
  int8_t* to = out.made(unit.unit);
  const int32_t top = static_cast<int32_t>(unit.unit) * p.stride_h - p.pad_top;
  const uint32_t taps = static_cast<uint32_t>(p.kernel_h * p.kernel_w) * in.channels * kBlock;
  for (int32_t x = 0; x < out.width; ++x) {
    for (uint32_t block = 0; block < out.channels; block += kBlock) {
      const int8_t* w = weights + block / kBlock * taps;
      uint32_t sums[kBlock] = {0, 0, 0, 0};
      for (int32_t ky = 0; ky < p.kernel_h; ++ky) {
        const int32_t row = top + ky * p.dilation_h;
        for (int32_t kx = 0; kx < p.kernel_w; ++kx) {
          const int32_t column = x * p.stride_w - p.pad_left + kx * p.dilation_w;
          const bool inside = row >= 0 && row < in.rows && column >= 0 && column < in.width;
          const int8_t* from = inside ? in.row(static_cast<uint32_t>(row)) + static_cast<uint32_t>(column) * in.channels : nullptr;
          for (uint32_t c = 0; c < in.channels; ++c, w += kBlock) {
            const int32_t value = inside ? from[c] : p.input_zero_point;
            for (uint32_t i = 0; i < kBlock; ++i) {
              sums[i] += static_cast<uint32_t>(value * w[i]);
            }
          }
        }
      }
      for (uint32_t i = 0; i < kBlock && block + i < out.channels; ++i) {
        const int32_t sum = static_cast<int32_t>(sums[i] + static_cast<uint32_t>(biases[block + i]));
        const int32_t value = scaled(sum, multipliers[block + i], shifts[block + i]);
        to[static_cast<uint32_t>(x) * out.channels + block + i] =
            placed(value, p.output_zero_point, p.least, p.most);
      }
    }
  }
}

}  // namespace

const Kernel kConv = {check, run};

}  // namespace cutpoint::stream
