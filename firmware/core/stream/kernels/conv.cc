#include "conv.h"

#include "sums.h"
#include "window.h"

// Words: a Window, then a Channel for each output channel. Blob: [channels / kBlock][kernel_h][kernel_w][input
// channels][kBlock].

namespace cutpoint::stream {
namespace {

bool check(const Shapes& shapes) {
  const TensorRecord& in = *shapes.inputs[0];
  const TensorRecord& out = *shapes.outputs[0];
  if (!window_fits(shapes, out.channels)) {
    return false;
  }
  const Window& w = window_of(shapes.op);
  const ReadRule& rule = shapes.op.rules()[0];
  const uint64_t taps = static_cast<uint64_t>(w.kernel_h) * static_cast<uint64_t>(w.kernel_w);
  return rule.num == w.stride_h && rule.den == 1 && rule.lo == -w.pad_top &&
         rule.hi == -w.pad_top + (w.kernel_h - 1) * w.dilation_h + 1 && taps <= shapes.op.blob_bytes &&
         taps * in.channels * filled_up(out.channels) == shapes.op.blob_bytes;
}

// One output line: what all of its blocks of channels share.
class Line {
 public:
  explicit Line(const Unit& unit)
      : w_(window_of(unit.op)),
        in_(unit.inputs[0]),
        out_(unit.outputs[0]),
        to_(out_.made(unit.unit)),
        requantise_(w_.output_zero_point, w_.least, w_.most) {
    const int32_t top = static_cast<int32_t>(unit.unit) * w_.stride_h - w_.pad_top;
    while (top + first_ * w_.dilation_h < 0 && first_ < w_.kernel_h) {
      ++first_;
    }
    end_ = w_.kernel_h;
    while (end_ > first_ && top + (end_ - 1) * w_.dilation_h >= in_.rows) {
      --end_;
    }
    row_ = end_ > first_ ? static_cast<uint32_t>(top + first_ * w_.dilation_h) : 0;
    const int32_t reach = (w_.kernel_w - 1) * w_.dilation_w;
    const bool whole = first_ == 0 && end_ == w_.kernel_h && (w_.dilation_w == 1 || w_.kernel_w == 1);
    const int32_t last = in_.width - 1 - reach + w_.pad_left;
    if (whole && last >= 0) {
      inside_ = (w_.pad_left + w_.stride_w - 1) / w_.stride_w;
      inside_end_ = last / w_.stride_w + 1;
    }
    inside_end_ = inside_end_ < out_.width ? inside_end_ : out_.width;
  }

  // kBlock output channels, or the last few.
  void make(const int8_t* weights, const Channel* channels, uint32_t block) const {
    const uint32_t left = out_.channels - block;
    int32_t x = 0;
    for (; x < inside_ && x < out_.width; ++x) {
      one(weights, channels, x, to_ + static_cast<uint32_t>(x) * out_.channels + block, left);
    }
    for (; x + 1 < inside_end_; x += 2) {
      two(weights, channels, x, to_ + static_cast<uint32_t>(x) * out_.channels + block, left);
    }
    for (; x < out_.width; ++x) {
      one(weights, channels, x, to_ + static_cast<uint32_t>(x) * out_.channels + block, left);
    }
  }

 private:
  // Any pixel: taps outside of the picture are left out.
  void one(const int8_t* weights, const Channel* channels, int32_t x, int8_t* to, uint32_t left) const;
  // Two pixels whose windows are inside, so that each weight that is loaded counts twice.
  void two(const int8_t* weights, const Channel* channels, int32_t x, int8_t* to, uint32_t left) const;

  const Window& w_;
  const Lines& in_;
  const Lines& out_;
  int8_t* to_;
  Requantiser requantise_;
  int32_t first_ = 0;  // rows of the kernel that are inside of the picture
  int32_t end_ = 0;
  uint32_t row_ = 0;   // of the picture, under kernel row first_
  int32_t inside_ = 0;  // pixels whose windows are inside
  int32_t inside_end_ = 0;
};

void Line::one(const int8_t* weights, const Channel* channels, int32_t x, int8_t* to, uint32_t left) const {
  BlockSums sums;
  for (uint32_t i = 0; i < kBlock; ++i) {
    sums.of[i] = static_cast<uint32_t>(channels[i].bias);
  }
  const int32_t column = x * w_.stride_w - w_.pad_left;
  int32_t first = 0;
  while (first < w_.kernel_w && column + first * w_.dilation_w < 0) {
    ++first;
  }
  int32_t end = w_.kernel_w;
  while (end > first && column + (end - 1) * w_.dilation_w >= in_.width) {
    --end;
  }
  // Elements of the kernel's row that lie together in memory: all of them unless it is dilated.
  const int32_t together = w_.dilation_w == 1 ? end - first : 1;
  WindowRows rows(in_, row_, static_cast<uint32_t>(w_.dilation_h));
  for (int32_t ky = first_; ky < end_; ++ky, rows.next()) {
    for (int32_t kx = first; kx < end; kx += together) {
      const uint32_t tap = static_cast<uint32_t>(ky * w_.kernel_w + kx);
      sums.add(rows.get() + static_cast<uint32_t>(column + kx * w_.dilation_w) * in_.channels,
               weights + tap * in_.channels * kBlock, static_cast<uint32_t>(together) * in_.channels,
               w_.input_zero_point);
    }
  }
  store(sums, channels, requantise_, to, left);
}

void Line::two(const int8_t* weights, const Channel* channels, int32_t x, int8_t* to, uint32_t left) const {
  BlockSums a, b;
  for (uint32_t i = 0; i < kBlock; ++i) {
    a.of[i] = b.of[i] = static_cast<uint32_t>(channels[i].folded);
  }
  const uint32_t at = static_cast<uint32_t>(x * w_.stride_w - w_.pad_left) * in_.channels;
  const uint32_t apart = static_cast<uint32_t>(w_.stride_w) * in_.channels;
  const uint32_t run = static_cast<uint32_t>(w_.kernel_w) * in_.channels;
  WindowRows rows(in_, row_, static_cast<uint32_t>(w_.dilation_h));
  for (int32_t ky = 0; ky < w_.kernel_h; ++ky, rows.next()) {
    const int8_t* from = rows.get() + at;
    const int8_t* second = from + apart;
    for (const int8_t* end = from + run; from != end; ++from, ++second, weights += kBlock) {
      for (uint32_t i = 0; i < kBlock; ++i) {
        a.of[i] += static_cast<uint32_t>(*from * weights[i]);
        b.of[i] += static_cast<uint32_t>(*second * weights[i]);
      }
    }
  }
  store(a, channels, requantise_, to, left);
  store(b, channels, requantise_, to + out_.channels, left);
}

void run(const Unit& unit) {
  const Line line(unit);
  const Window& w = window_of(unit.op);
  const uint32_t taps = static_cast<uint32_t>(w.kernel_h) * static_cast<uint32_t>(w.kernel_w);
  const uint32_t block_weights = taps * unit.inputs[0].channels * kBlock;
  const int8_t* weights = reinterpret_cast<const int8_t*>(unit.op.blob());
  const Channel* channels = channels_of(unit.op);
  for (uint32_t block = 0; block < unit.outputs[0].channels; block += kBlock) {
    line.make(weights, channels + block, block);
    weights += block_weights;
  }
}

}  // namespace

const Kernel kConv = {check, run};

}  // namespace cutpoint::stream
