#include "conv.h"

#include "sums.h"
#include "window.h"

// Words: a Window, then a Channel for each output channel. Blob: [channels / kBlock][kernel_h][kernel_w][input
// channels][kBlock].

namespace cutpoint::stream {
namespace {

bool check(const Shapes& shapes) {
  if (!window_fits(shapes) || !rows_under_window(shapes.op)) {
    return false;
  }
  const Window& w = window_of(shapes.op);
  const uint64_t taps = static_cast<uint64_t>(w.kernel_h) * static_cast<uint64_t>(w.kernel_w);
  return taps <= shapes.op.blob_bytes &&
         taps * shapes.inputs[0]->channels * filled_up(shapes.outputs[0]->channels) == shapes.op.blob_bytes;
}

// Part of an axis: positions, taps or pixels from `first` up to and without `end`.
struct Stretch {
  int32_t first, end;
};

// Taps of a kernel that are inside of the picture when its first one is at `at`.
Stretch taps_inside(int32_t at, int32_t dilation, int32_t kernel, int32_t size) {
  Stretch taps = {0, kernel};
  while (taps.first < kernel && at + taps.first * dilation < 0) {
    ++taps.first;
  }
  while (taps.end > taps.first && at + (taps.end - 1) * dilation >= size) {
    --taps.end;
  }
  return taps;
}

// One output line: what all of its blocks of channels share.
struct Line {
  const Window& w;
  const Lines& in;
  const Lines& out;
  Requantiser requantise;
  Stretch kernel_rows;  // that are inside of the picture
  Stretch inside;       // pixels whose windows are inside
  WindowRows rows;    // from the first kernel row that is inside
  int8_t* to;

  // Bytes before the first tap of the first pixel that is inside.
  uint32_t first_inside() const {
    return static_cast<uint32_t>(inside.first * w.stride_w - w.pad_left) * in.channels;
  }
};

// Pixels whose windows are inside, two at a time, for a kernel of one row: 1x1 above all.
[[gnu::noinline]] void make_inside_one_row(const Line& line, const int8_t* weights, const Channel* channels,
                                           uint32_t block) {
  const uint32_t apart = static_cast<uint32_t>(line.w.stride_w) * line.in.channels;
  const uint32_t count = static_cast<uint32_t>(line.w.kernel_w) * line.in.channels;
  const uint32_t channels_out = line.out.channels;
  const uint32_t left = channels_out - block;
  const int8_t* from = line.rows.get() + line.first_inside();
  int8_t* to = line.to + static_cast<uint32_t>(line.inside.first) * channels_out + block;
  const PairSums<kWide> biases(channels);
  for (int32_t pairs = (line.inside.end - line.inside.first) / 2; pairs != 0; --pairs) {
    PairSums<kWide> sums = biases;
    add_run(sums, from, from + apart, weights, count);
    from += 2 * apart;
    sums.first().store(channels, line.requantise, to, left);
    to += channels_out;
    sums.second().store(channels, line.requantise, to, left);
    to += channels_out;
  }
}

// The same for any kernel.
[[gnu::noinline]] void make_inside(const Line& line, const int8_t* weights, const Channel* channels, uint32_t block) {
  const uint32_t apart = static_cast<uint32_t>(line.w.stride_w) * line.in.channels;
  const uint32_t count = static_cast<uint32_t>(line.w.kernel_w) * line.in.channels;
  const uint32_t channels_out = line.out.channels;
  const uint32_t left = channels_out - block;
  uint32_t at = line.first_inside();
  int8_t* to = line.to + static_cast<uint32_t>(line.inside.first) * channels_out + block;
  const PairSums<kWide> biases(channels);
  for (int32_t pairs = (line.inside.end - line.inside.first) / 2; pairs != 0; --pairs) {
    PairSums<kWide> sums = biases;
    WindowRows rows = line.rows;
    const int8_t* w = weights;
    int32_t rows_left = line.w.kernel_h;
    do {
      const int8_t* from = rows.get() + at;
      w = add_run(sums, from, from + apart, w, count);
      rows.next();
    } while (--rows_left != 0);
    at += 2 * apart;
    sums.first().store(channels, line.requantise, to, left);
    to += channels_out;
    sums.second().store(channels, line.requantise, to, left);
    to += channels_out;
  }
}

// Any pixel: taps outside of the picture are left out.
void make_pixel(const Line& line, int32_t x, const int8_t* weights, const Channel* channels, uint32_t block) {
  const Window& w = line.w;
  const uint32_t channels_in = line.in.channels;
  const int32_t column = x * w.stride_w - w.pad_left;
  const Stretch taps = taps_inside(column, w.dilation_w, w.kernel_w, line.in.width);
  // Taps of a kernel row that lie together in memory: all of them unless it is dilated.
  const int32_t together = w.dilation_w == 1 ? taps.end - taps.first : 1;
  BlockSums sums = BlockSums::of_bias(channels);
  WindowRows rows = line.rows;
  for (int32_t ky = line.kernel_rows.first; ky < line.kernel_rows.end; ++ky) {
    for (int32_t kx = taps.first; kx < taps.end; kx += together) {
      sums.add(rows.get() + static_cast<uint32_t>(column + kx * w.dilation_w) * channels_in,
               weights + static_cast<uint32_t>(ky * w.kernel_w + kx) * channels_in * kBlock,
               static_cast<uint32_t>(together) * channels_in, w.input_zero_point);
    }
    rows.next();
  }
  int8_t* to = line.to + static_cast<uint32_t>(x) * line.out.channels + block;
  sums.store(channels, line.requantise, to, line.out.channels - block);
}

// An even number of pixels whose windows are inside; none when a row is missing or the taps are apart.
Stretch pixels_inside(const Window& w, const Lines& in, const Lines& out, const Stretch& kernel_rows) {
  const int32_t last = in.width - w.kernel_w + w.pad_left;
  const bool together = w.dilation_w == 1 || w.kernel_w == 1;
  if (kernel_rows.end - kernel_rows.first != w.kernel_h || !together || last < 0) {
    return {out.width, out.width};
  }
  const int32_t first = (w.pad_left + w.stride_w - 1) / w.stride_w;
  const int32_t end = last / w.stride_w + 1;
  const int32_t clipped = end < out.width ? end : out.width;
  return clipped > first ? Stretch{first, clipped - (clipped - first) % 2} : Stretch{out.width, out.width};
}

void run(const Unit& unit) {
  const Window& w = window_of(unit.op);
  const Lines& in = unit.inputs[0];
  const Lines& out = unit.outputs[0];
  const int32_t top = static_cast<int32_t>(unit.unit) * w.stride_h - w.pad_top;
  const Stretch kernel_rows = taps_inside(top, w.dilation_h, w.kernel_h, in.rows);
  const bool any = kernel_rows.end > kernel_rows.first;
  const uint32_t row = any ? static_cast<uint32_t>(top + kernel_rows.first * w.dilation_h) : 0;
  const Line line = {w,
                     in,
                     out,
                     Requantiser(w.output_zero_point, w.least, w.most),
                     kernel_rows,
                     pixels_inside(w, in, out, kernel_rows),
                     WindowRows(in, row, static_cast<uint32_t>(w.dilation_h)),
                     out.made(unit.unit)};
  const uint32_t taps = static_cast<uint32_t>(w.kernel_h) * static_cast<uint32_t>(w.kernel_w);
  const int8_t* weights = reinterpret_cast<const int8_t*>(unit.op.blob());
  const Channel* channels = channels_of(unit.op);
  const auto make_all_inside = w.kernel_h == 1 ? make_inside_one_row : make_inside;
  const bool some_inside = line.inside.first < line.inside.end;
  for (uint32_t block = 0; block < out.channels; block += kBlock) {
    if (some_inside) {
      make_all_inside(line, weights, channels, block);
    }
    for (int32_t x = 0; x < out.width; ++x) {
      x = x == line.inside.first ? line.inside.end : x;
      if (x < out.width) {
        make_pixel(line, x, weights, channels, block);
      }
    }
    weights += taps * in.channels * kBlock;
    channels += kBlock;
  }
}

}  // namespace

const Kernel kConv = {check, run};

}  // namespace cutpoint::stream
