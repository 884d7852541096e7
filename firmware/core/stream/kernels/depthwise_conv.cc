#include "depthwise_conv.h"

#include "../requantise.h"
#include "depthwise_3x3.h"
#include "window.h"

// Words: a Window, then a Channel for each output channel. Blob: [output channels][kernel_h][kernel_w], filled up to a
// multiple of 4. Output channel c reads input channel c / (output channels / input channels).

namespace cutpoint::stream {
namespace {

bool check(const Shapes& shapes) {
  if (!window_fits(shapes) || !rows_under_window(shapes.op)) {
    return false;
  }
  const Window& w = window_of(shapes.op);
  const uint32_t channels = shapes.outputs[0]->channels;
  const uint64_t taps = static_cast<uint64_t>(w.kernel_h) * static_cast<uint64_t>(w.kernel_w);
  return channels % shapes.inputs[0]->channels == 0 && (taps * channels + 3) / 4 * 4 == shapes.op.blob_bytes;
}

// Any kernel, stride and number of channels: taps outside of the picture are left out.
void any_window(const Unit& unit) {
  const Window& w = window_of(unit.op);
  const Lines& in = unit.inputs[0];
  const Lines& out = unit.outputs[0];
  const Requantiser requantise(w.output_zero_point, w.least, w.most);
  const int32_t top = static_cast<int32_t>(unit.unit) * w.stride_h - w.pad_top;
  int32_t first_y = 0;
  while (first_y < w.kernel_h && top + first_y * w.dilation_h < 0) {
    ++first_y;
  }
  int32_t end_y = w.kernel_h;
  while (end_y > first_y && top + (end_y - 1) * w.dilation_h >= in.rows) {
    --end_y;
  }
  const uint32_t row = end_y > first_y ? static_cast<uint32_t>(top + first_y * w.dilation_h) : 0;
  const uint32_t taps = static_cast<uint32_t>(w.kernel_h) * static_cast<uint32_t>(w.kernel_w);
  const uint32_t copies = out.channels / in.channels;
  const uint32_t apart = static_cast<uint32_t>(w.dilation_w) * in.channels;
  int8_t* to = out.made(unit.unit);
  for (int32_t x = 0; x < out.width; ++x) {
    const int32_t column = x * w.stride_w - w.pad_left;
    int32_t first_x = 0;
    while (first_x < w.kernel_w && column + first_x * w.dilation_w < 0) {
      ++first_x;
    }
    int32_t end_x = w.kernel_w;
    while (end_x > first_x && column + (end_x - 1) * w.dilation_w >= in.width) {
      --end_x;
    }
    const uint32_t at = end_x > first_x ? static_cast<uint32_t>(column + first_x * w.dilation_w) * in.channels : 0;
    const int8_t* weights = reinterpret_cast<const int8_t*>(unit.op.blob()) + first_y * w.kernel_w + first_x;
    const Channel* channel = channels_of(unit.op);
    for (uint32_t c = 0; c < in.channels; ++c) {
      for (uint32_t copy = 0; copy < copies; ++copy, ++channel, weights += taps) {
        uint32_t sum = static_cast<uint32_t>(channel->bias);
        WindowRows rows(in, row, static_cast<uint32_t>(w.dilation_h));
        const int8_t* weight = weights;
        for (int32_t ky = first_y; ky < end_y; ++ky, rows.next(), weight += w.kernel_w) {
          const int8_t* from = rows.get() + at + c;
          for (int32_t kx = 0; kx < end_x - first_x; ++kx, from += apart) {
            sum += static_cast<uint32_t>((*from - w.input_zero_point) * weight[kx]);
          }
        }
        *to++ = requantise(sum, *channel);
      }
    }
  }
}

void run(const Unit& unit) {
  fits_depthwise_3x3(unit) ? depthwise_3x3(unit) : any_window(unit);
}

}  // namespace

const Kernel kDepthwiseConv = {check, run};

}  // namespace cutpoint::stream
