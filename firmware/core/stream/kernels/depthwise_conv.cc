#include "depthwise_conv.h"

#include "../requantise.h"
#include "window.h"

// Words: a Window, then a Channel for each output channel. Blob: [output channels][kernel_h][kernel_w], filled up to a
// multiple of 4. Output channel c reads input channel c / (output channels / input channels).

namespace cutpoint::stream {
namespace {

bool check(const Shapes& shapes) {
  const TensorRecord& in = *shapes.inputs[0];
  const TensorRecord& out = *shapes.outputs[0];
  if (!window_fits(shapes, out.channels) || out.channels % in.channels != 0) {
    return false;
  }
  const Window& w = window_of(shapes.op);
  const ReadRule& rule = shapes.op.rules()[0];
  const uint64_t taps = static_cast<uint64_t>(w.kernel_h) * static_cast<uint64_t>(w.kernel_w);
  return rule.num == w.stride_h && rule.den == 1 && rule.lo == -w.pad_top &&
         rule.hi == -w.pad_top + (w.kernel_h - 1) * w.dilation_h + 1 &&
         (taps * out.channels + 3) / 4 * 4 == shapes.op.blob_bytes;
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

// Three lines of one channel, read from left to right a column at a time. A line outside of the picture is any other,
// with weights of 0.
struct Columns {
  const int8_t* line[3];

  void skip(uint32_t bytes) {
    line[0] += bytes;
    line[1] += bytes;
    line[2] += bytes;
  }
};

struct Column {
  int32_t top, middle, bottom;

  static Column of(const Columns& at) { return {*at.line[0], *at.line[1], *at.line[2]}; }
  uint32_t times(const int32_t* weights) const {
    return static_cast<uint32_t>(top * weights[0]) + static_cast<uint32_t>(middle * weights[1]) +
           static_cast<uint32_t>(bottom * weights[2]);
  }
};

// A 3x3 kernel over one channel of a line: weights[column][row]. A column outside of the picture has its zero point.
struct Narrow {
  int32_t weights[3][3];
  uint32_t bias;  // that of the channel, less the zero point times the sum of these weights
  uint32_t twice;
  int32_t right;
};

struct Run {
  Columns from;       // the first column of the picture
  uint32_t apart;     // bytes from one column to the next
  uint32_t pad_left;  // 0 or 1
  uint32_t inside;    // output pixels whose last column is in the picture; at most one has it outside
  uint32_t pixels;
  int32_t zero_point;
  int8_t* to;
  uint32_t to_apart;
};

// Each column that is loaded counts in all sums that it is part of: three products for each of three pixels.
void every_column(Run run, const Narrow& k, const Requantiser& requantise) {
  const Column outside = {run.zero_point, run.zero_point, run.zero_point};
  Column column = outside;
  if (run.pad_left == 0) {
    column = Column::of(run.from);
    run.from.skip(run.apart);
  }
  uint32_t sum = k.bias + column.times(k.weights[0]);
  column = Column::of(run.from);
  run.from.skip(run.apart);
  sum += column.times(k.weights[1]);
  uint32_t next = k.bias + column.times(k.weights[0]);
  for (uint32_t x = 0; x < run.inside; ++x, run.to += run.to_apart) {
    column = Column::of(run.from);
    run.from.skip(run.apart);
    const uint32_t done = sum + column.times(k.weights[2]);
    sum = next + column.times(k.weights[1]);
    next = k.bias + column.times(k.weights[0]);
    *run.to = requantise(done, k.twice, k.right);
  }
  if (run.inside < run.pixels) {
    *run.to = requantise(sum + outside.times(k.weights[2]), k.twice, k.right);
  }
}

void every_second_column(Run run, const Narrow& k, const Requantiser& requantise) {
  const Column outside = {run.zero_point, run.zero_point, run.zero_point};
  Column column = outside;
  if (run.pad_left == 0) {
    column = Column::of(run.from);
    run.from.skip(run.apart);
  }
  uint32_t sum = k.bias + column.times(k.weights[0]);
  for (uint32_t x = 0; x < run.inside; ++x, run.to += run.to_apart) {
    column = Column::of(run.from);
    run.from.skip(run.apart);
    sum += column.times(k.weights[1]);
    column = Column::of(run.from);
    run.from.skip(run.apart);
    sum += column.times(k.weights[2]);
    *run.to = requantise(sum, k.twice, k.right);
    sum = k.bias + column.times(k.weights[0]);
  }
  if (run.inside < run.pixels) {
    sum += Column::of(run.from).times(k.weights[1]) + outside.times(k.weights[2]);
    *run.to = requantise(sum, k.twice, k.right);
  }
}

// 3x3, one output channel an input channel, at most one column beyond the picture on each side.
bool is_narrow(const Window& w, const Lines& in, const Lines& out) {
  const int32_t reach = (out.width - 1) * w.stride_w - w.pad_left + 3;
  return w.kernel_h == 3 && w.kernel_w == 3 && w.dilation_h == 1 && w.dilation_w == 1 && w.stride_w <= 2 &&
         w.pad_top <= 1 && w.pad_left <= 1 && in.channels == out.channels && in.width + w.pad_left >= 2 &&
         reach <= in.width + 1;
}

void narrow(const Unit& unit) {
  const Window& w = window_of(unit.op);
  const Lines& in = unit.inputs[0];
  const Lines& out = unit.outputs[0];
  const int32_t top = static_cast<int32_t>(unit.unit) * w.stride_h - w.pad_top;
  bool inside[3];
  Run run;
  for (int32_t ky = 0; ky < 3; ++ky) {
    inside[ky] = top + ky >= 0 && top + ky < in.rows;
    run.from.line[ky] = in.row(inside[ky] ? static_cast<uint32_t>(top + ky) : 0);
  }
  const int32_t reach = (out.width - 1) * w.stride_w - w.pad_left + 3;
  run.apart = in.channels;
  run.pad_left = static_cast<uint32_t>(w.pad_left);
  run.pixels = out.width;
  run.inside = reach > in.width ? run.pixels - 1 : run.pixels;
  run.zero_point = w.input_zero_point;
  run.to = out.made(unit.unit);
  run.to_apart = out.channels;
  const Requantiser requantise(w.output_zero_point, w.least, w.most);
  const bool whole = inside[0] && inside[1] && inside[2];
  const int8_t* weights = reinterpret_cast<const int8_t*>(unit.op.blob());
  const Channel* channel = channels_of(unit.op);
  for (uint32_t c = 0; c < in.channels; ++c, ++channel, ++run.to) {
    Narrow k;
    k.twice = channel->twice;
    k.right = channel->right;
    int32_t sum = 0;
    for (int32_t ky = 0; ky < 3; ++ky) {
      for (int32_t kx = 0; kx < 3; ++kx, ++weights) {
        k.weights[kx][ky] = inside[ky] ? *weights : 0;
        sum += k.weights[kx][ky];
      }
    }
    k.bias = static_cast<uint32_t>(whole ? channel->folded : channel->bias);
    k.bias -= whole ? 0 : static_cast<uint32_t>(w.input_zero_point * sum);
    w.stride_w == 1 ? every_column(run, k, requantise) : every_second_column(run, k, requantise);
    run.from.skip(1);
  }
}

void run(const Unit& unit) {
  if (is_narrow(window_of(unit.op), unit.inputs[0], unit.outputs[0])) {
    narrow(unit);
  } else {
    any_window(unit);
  }
}

}  // namespace

const Kernel kDepthwiseConv = {check, run};

}  // namespace cutpoint::stream
