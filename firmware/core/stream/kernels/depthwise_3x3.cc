#include "depthwise_3x3.h"

#include "../requantise.h"
#include "window.h"

// Channel after channel along the line, with the nine weights of a channel in registers. Each column of three elements is
// loaded once and counts in every pixel that it is part of.

namespace cutpoint::stream {
namespace {

struct Column {
  int32_t top, middle, bottom;

  uint32_t times(const Column& weights) const {
    return static_cast<uint32_t>(top * weights.top) + static_cast<uint32_t>(middle * weights.middle) +
           static_cast<uint32_t>(bottom * weights.bottom);
  }
};

// What all channels of a line share. A line of the picture that is missing is any other, with weights of 0; a column that
// is missing is `outside`.
struct Line3x3 {
  const int8_t* from[3];  // the first column
  int8_t* to;
  const int8_t* end;  // of the pixels that do not have the column outside on their right
  uint32_t apart;     // bytes from one pixel to the next, of the input as of the output
  Column outside;
  bool pad_left;
  bool pad_right;
  Requantiser requantise;
};

// One channel of three lines, read from left to right.
struct Lines3 {
  const int8_t* top;
  const int8_t* middle;
  const int8_t* bottom;

  Lines3(const Line3x3& line, uint32_t channel)
      : top(line.from[0] + channel), middle(line.from[1] + channel), bottom(line.from[2] + channel) {}
  Column take(uint32_t apart) {
    const Column column = {*top, *middle, *bottom};
    top += apart;
    middle += apart;
    bottom += apart;
    return column;
  }
};

// A channel's constants. bias: less the zero point times the sum of these weights.
struct Kernel3x3 {
  Column left, middle, right;
  uint32_t bias, twice;
  int32_t shift;

  Kernel3x3(const int8_t* w, int32_t with_bias, const Channel& channel)
      : left{w[0], w[3], w[6]},
        middle{w[1], w[4], w[7]},
        right{w[2], w[5], w[8]},
        bias(static_cast<uint32_t>(with_bias)),
        twice(channel.twice),
        shift(channel.right) {}
};

// These two are out of line, so that what their loops work on has the registers for itself. It is copied, because the
// bytes that are written could be anything's.
[[gnu::noinline]] void stride_1(const Line3x3& line, const int8_t* weights, int32_t bias, const Channel& of,
                                uint32_t channel) {
  const Kernel3x3 k(weights, bias, of);
  const Requantiser requantise = line.requantise;
  const uint32_t apart = line.apart;
  Lines3 lines(line, channel);
  int8_t* to = line.to + channel;
  const int8_t* end = line.end + channel;
  uint32_t sum = k.bias + (line.pad_left ? line.outside : lines.take(apart)).times(k.left);
  Column column = lines.take(apart);
  sum += column.times(k.middle);
  uint32_t next = k.bias + column.times(k.left);
  for (; to != end; to += apart) {
    column = lines.take(apart);
    const uint32_t done = sum + column.times(k.right);
    sum = next + column.times(k.middle);
    next = k.bias + column.times(k.left);
    *to = requantise(done, k.twice, k.shift);
  }
  if (line.pad_right) {
    *to = requantise(sum + line.outside.times(k.right), k.twice, k.shift);
  }
}

[[gnu::noinline]] void stride_2(const Line3x3& line, const int8_t* weights, int32_t bias, const Channel& of,
                                uint32_t channel) {
  const Kernel3x3 k(weights, bias, of);
  const Requantiser requantise = line.requantise;
  const uint32_t apart = line.apart;
  Lines3 lines(line, channel);
  int8_t* to = line.to + channel;
  const int8_t* end = line.end + channel;
  uint32_t sum = k.bias + (line.pad_left ? line.outside : lines.take(apart)).times(k.left);
  for (; to != end; to += apart) {
    sum += lines.take(apart).times(k.middle);
    const Column column = lines.take(apart);
    *to = requantise(sum + column.times(k.right), k.twice, k.shift);
    sum = k.bias + column.times(k.left);
  }
  if (line.pad_right) {
    sum += lines.take(apart).times(k.middle) + line.outside.times(k.right);
    *to = requantise(sum, k.twice, k.shift);
  }
}

// Columns of the picture that the last pixel's window ends before.
int32_t columns_read(const Window& w, const Lines& out) { return (out.width - 1) * w.stride_w - w.pad_left + 3; }

}  // namespace

bool fits_depthwise_3x3(const Unit& unit) {
  const Window& w = window_of(unit.op);
  const Lines& in = unit.inputs[0];
  return w.kernel_h == 3 && w.kernel_w == 3 && w.dilation_h == 1 && w.dilation_w == 1 && w.stride_w <= 2 &&
         w.pad_left <= 1 && in.channels == unit.outputs[0].channels && in.width + w.pad_left >= 2 &&
         columns_read(w, unit.outputs[0]) <= in.width + 1;
}

void depthwise_3x3(const Unit& unit) {
  const Window& w = window_of(unit.op);
  const Lines& in = unit.inputs[0];
  const Lines& out = unit.outputs[0];
  const int32_t top = static_cast<int32_t>(unit.unit) * w.stride_h - w.pad_top;
  bool there[3];
  const int8_t* from[3];
  for (int32_t i = 0; i < 3; ++i) {
    there[i] = top + i >= 0 && top + i < in.rows;
    from[i] = in.row(there[i] ? static_cast<uint32_t>(top + i) : 0);
  }
  const bool pad_right = columns_read(w, out) > in.width;
  const int32_t zero_point = w.input_zero_point;
  int8_t* const to = out.made(unit.unit);
  const Line3x3 line = {{from[0], from[1], from[2]},
                        to,
                        to + (pad_right ? out.width - 1u : out.width) * out.channels,
                        in.channels,
                        {zero_point, zero_point, zero_point},
                        w.pad_left == 1,
                        pad_right,
                        Requantiser(w.output_zero_point, w.least, w.most)};
  const bool whole = there[0] && there[1] && there[2];
  const auto make = w.stride_w == 1 ? stride_1 : stride_2;
  const Channel* channel = channels_of(unit.op);
  const int8_t* weights = reinterpret_cast<const int8_t*>(unit.op.blob());
  for (uint32_t c = 0; c < in.channels; ++c, ++channel, weights += 9) {
    if (whole) {
      make(line, weights, channel->folded, *channel, c);
      continue;
    }
    int8_t left[9];
    uint32_t sum = 0;
    for (uint32_t i = 0; i < 9; ++i) {
      left[i] = there[i / 3] ? weights[i] : int8_t{0};
      sum += static_cast<uint32_t>(zero_point * left[i]);
    }
    make(line, left, static_cast<int32_t>(static_cast<uint32_t>(channel->bias) - sum), *channel, c);
  }
}

}  // namespace cutpoint::stream
