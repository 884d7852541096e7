#include "pooling.h"

#include "../requantise.h"

namespace cutpoint::stream {
namespace {

struct Params {
  int32_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, least, most;
};
constexpr int32_t kMaxSize = 1 << 14;  // of kernels and strides, so that positions fit 32 bits
constexpr uint32_t kTogether = 16;     // channels

bool check(const Shapes& shapes) {
  const OperatorRecord& op = shapes.op;
  if (op.inputs != 1 || op.outputs != 1 || op.units_per_row != 1 || op.params != sizeof(Params) / 4) {
    return false;
  }
  const Params& p = *reinterpret_cast<const Params*>(op.words());
  const int32_t sizes[] = {p.kernel_h, p.kernel_w, p.stride_h, p.stride_w};
  for (const int32_t size : sizes) {
    if (size <= 0 || size > kMaxSize) {
      return false;
    }
  }
  if (p.pad_top < 0 || p.pad_top > kMaxSize || p.pad_left < 0 || p.pad_left > kMaxSize) {
    return false;
  }
  const TensorRecord& in = *shapes.inputs[0];
  const TensorRecord& out = *shapes.outputs[0];
  return is_int8(p.least) && is_int8(p.most) && in.item() == 1 && out.item() == 1 && in.channels == out.channels;
}

// Positions [first, end) of an axis that lie under the kernel.
struct Range {
  uint32_t first, end;
};

Range covered(uint32_t out, int32_t stride, int32_t pad, int32_t kernel, uint32_t size) {
  const int32_t first = static_cast<int32_t>(out) * stride - pad;
  const int32_t end = first + kernel;
  const uint32_t clamped = end < 0 ? 0 : static_cast<uint32_t>(end);
  return {first < 0 ? 0 : static_cast<uint32_t>(first), clamped < size ? clamped : size};
}

struct Largest {
  static constexpr int32_t kStart = INT8_MIN;
  static int32_t add(int32_t so_far, int8_t value) { return value > so_far ? value : so_far; }
  static int32_t end(int32_t so_far, int32_t) { return so_far; }
};

struct Mean {
  static constexpr int32_t kStart = 0;
  static int32_t add(int32_t so_far, int8_t value) {
    return static_cast<int32_t>(static_cast<uint32_t>(so_far) + static_cast<uint32_t>(value));
  }
  // Half away from zero.
  static int32_t end(int32_t sum, int32_t count) {
    const uint32_t half = static_cast<uint32_t>(count / 2);
    const uint32_t bits = static_cast<uint32_t>(sum);
    return static_cast<int32_t>(sum > 0 ? bits + half : bits - half) / count;
  }
};

template <typename Pool>
void run(const Unit& unit) {
  const Params& p = *reinterpret_cast<const Params*>(unit.words());
  const Lines& in = unit.inputs[0];
  const Lines& out = unit.outputs[0];
  int8_t* to = out.made(unit.unit);
  const Range rows = covered(unit.unit, p.stride_h, p.pad_top, p.kernel_h, in.rows);
  for (uint32_t x = 0; x < out.width; ++x) {
    const Range columns = covered(x, p.stride_w, p.pad_left, p.kernel_w, in.width);
    const bool some = rows.first < rows.end && columns.first < columns.end;
    const int32_t count = some ? static_cast<int32_t>((rows.end - rows.first) * (columns.end - columns.first)) : 1;
    for (uint32_t c = 0; c < out.channels; c += kTogether) {
      const uint32_t channels = out.channels - c < kTogether ? out.channels - c : kTogether;
      int32_t made[kTogether];
      for (uint32_t i = 0; i < channels; ++i) {
        made[i] = Pool::kStart;
      }
      for (uint32_t row = rows.first; row < rows.end; ++row) {
        const int8_t* line = in.row(row);
        for (uint32_t column = columns.first; column < columns.end; ++column) {
          const int8_t* from = line + column * in.channels + c;
          for (uint32_t i = 0; i < channels; ++i) {
            made[i] = Pool::add(made[i], from[i]);
          }
        }
      }
      for (uint32_t i = 0; i < channels; ++i) {
        *to++ = static_cast<int8_t>(clamped_word(Pool::end(made[i], count), p.least, p.most));
      }
    }
  }
}

}  // namespace

const Kernel kMaxPool = {check, run<Largest>};
const Kernel kAveragePool = {check, run<Mean>};

}  // namespace cutpoint::stream
