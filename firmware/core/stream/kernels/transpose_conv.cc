#include "transpose_conv.h"

#include "sums.h"
#include "window.h"

// Words: a Window (dilation 1; pad is of the output), then a Channel for each output channel. Blob: [channels /
// kBlock][kernel_h][kernel_w][input channels][kBlock].
//
// Input pixel i adds to the output pixels i * stride - pad + tap. Seen from output pixel o: every tap for which
// o + pad - tap is a multiple of the stride, of the input pixel at that multiple.

namespace cutpoint::stream {
namespace {

bool check(const Shapes& shapes) {
  if (!window_fits(shapes)) {
    return false;
  }
  const TensorRecord& in = *shapes.inputs[0];
  const TensorRecord& out = *shapes.outputs[0];
  const Window& w = window_of(shapes.op);
  const ReadRule& rule = shapes.op.rules()[0];
  const uint64_t taps = static_cast<uint64_t>(w.kernel_h) * static_cast<uint64_t>(w.kernel_w);
  return w.dilation_h == 1 && w.dilation_w == 1 && rule.num == 1 && rule.den == w.stride_h &&
         rule.lo == w.pad_top - w.kernel_h + w.stride_h && rule.hi == w.pad_top + w.stride_h &&
         taps <= shapes.op.blob_bytes &&
         taps * in.channels * filled_up(out.channels) == shapes.op.blob_bytes;
}

// Taps of one axis that reach an output pixel: `tap`, `tap` + stride ... up to `end`; the first reads input pixel `at`,
// every further one the pixel before.
struct Taps {
  int32_t tap, end, at;

  Taps(int32_t pixel, int32_t pad, int32_t stride, int32_t kernel, int32_t size) {
    const int32_t from = pixel + pad;
    tap = from % stride;
    at = from / stride;
    if (at >= size) {
      tap += (at - size + 1) * stride;
      at = size - 1;
    }
    const int32_t reached = tap + at * stride + 1;
    end = reached < kernel ? reached : kernel;
  }
};

void run(const Unit& unit) {
  const Window& w = window_of(unit.op);
  const Lines& in = unit.inputs[0];
  const Lines& out = unit.outputs[0];
  const Requantiser requantise(w.output_zero_point, w.least, w.most);
  const uint32_t taps = static_cast<uint32_t>(w.kernel_h) * static_cast<uint32_t>(w.kernel_w);
  const Taps rows(static_cast<int32_t>(unit.unit), w.pad_top, w.stride_h, w.kernel_h, in.rows);
  for (int32_t x = 0; x < out.width; ++x) {
    const Taps columns(x, w.pad_left, w.stride_w, w.kernel_w, in.width);
    int8_t* to = out.made(unit.unit) + static_cast<uint32_t>(x) * out.channels;
    const int8_t* weights = reinterpret_cast<const int8_t*>(unit.op.blob());
    for (uint32_t block = 0; block < out.channels; block += kBlock) {
      const Channel* channels = channels_of(unit.op) + block;
      BlockSums sums = BlockSums::of_bias(channels);
      int32_t row = rows.at;
      for (int32_t ky = rows.tap; ky < rows.end; ky += w.stride_h, --row) {
        const int8_t* line = in.row(static_cast<uint32_t>(row));
        int32_t column = columns.at;
        for (int32_t kx = columns.tap; kx < columns.end; kx += w.stride_w, --column) {
          const uint32_t tap = static_cast<uint32_t>(ky * w.kernel_w + kx);
          sums.add(line + static_cast<uint32_t>(column) * in.channels, weights + tap * in.channels * kBlock,
                   in.channels, w.input_zero_point);
        }
      }
      sums.store(channels, requantise, to + block, out.channels - block);
      weights += taps * in.channels * kBlock;
    }
  }
}

}  // namespace

const Kernel kTransposeConv = {check, run};

}  // namespace cutpoint::stream
