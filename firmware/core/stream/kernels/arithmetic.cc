#include "arithmetic.h"

#include "../requantise.h"

namespace cutpoint::stream {
namespace {

constexpr int kLeftShift = 20;  // before ADD's inputs are scaled, as in LiteRT's add.cc

// `constant` says which operand lies in the blob: 0 the first, 1 the second, kNone none; the others are inputs. Its shape
// is then rows x width x channels.
struct Operands {
  int32_t constant, rows, width, channels;
};
constexpr int32_t kNone = -1;

struct AddParams {
  Operands operands;
  int32_t zero_points[2], multipliers[2], shifts[2];
  int32_t output_multiplier, output_shift, output_zero_point, least, most;
  int32_t subtracts;  // the second from the first
};

struct MulParams {
  Operands operands;
  int32_t zero_points[2];
  int32_t output_multiplier, output_shift, output_zero_point, least, most;
};

// Elements of an operand in one output line.
struct Walk {
  const int8_t* at;
  uint32_t column_step;
  uint32_t channel_step;
};

bool spreads(uint32_t size, uint32_t out) { return size == out || size == 1; }

bool shapes_fit(const Shapes& shapes, const Operands& operands) {
  const OperatorRecord& op = shapes.op;
  const TensorRecord& out = *shapes.outputs[0];
  const bool constant = operands.constant != kNone;
  if (op.inputs != (constant ? 1 : 2) || op.outputs != 1 || op.units_per_row != 1 || out.item() != 1) {
    return false;
  }
  for (size_t i = 0; i < op.inputs; ++i) {
    const TensorRecord& in = *shapes.inputs[i];
    if (in.item() != 1 || !spreads(in.rows, out.rows) || !spreads(in.width, out.width) ||
        !spreads(in.channels, out.channels)) {
      return false;
    }
  }
  if (!constant) {
    return true;
  }
  const uint32_t rows = static_cast<uint32_t>(operands.rows);
  const uint32_t width = static_cast<uint32_t>(operands.width);
  const uint32_t channels = static_cast<uint32_t>(operands.channels);
  return (operands.constant == 0 || operands.constant == 1) && spreads(rows, out.rows) && spreads(width, out.width) &&
         spreads(channels, out.channels) && static_cast<uint64_t>(rows) * width * channels <= op.blob_bytes;
}

Walk walk(const int8_t* at, uint32_t width, uint32_t channels, const Lines& out) {
  return {at, width == out.width ? channels : 0, channels == out.channels ? 1u : 0u};
}

Walk operand(const Unit& unit, const Operands& operands, int32_t which) {
  if (operands.constant == which) {
    const uint32_t width = static_cast<uint32_t>(operands.width);
    const uint32_t channels = static_cast<uint32_t>(operands.channels);
    const uint32_t row = operands.rows == 1 ? 0 : unit.unit;
    return walk(reinterpret_cast<const int8_t*>(unit.op.blob()) + row * width * channels, width, channels,
                unit.outputs[0]);
  }
  const Lines& in = unit.inputs[operands.constant == kNone ? which : 0];
  return walk(in.row(in.rows == 1 ? 0 : unit.unit), in.width, in.channels, unit.outputs[0]);
}

template <typename Element>
void each(const Unit& unit, const Operands& operands, Element element) {
  const Lines& out = unit.outputs[0];
  Walk first = operand(unit, operands, 0);
  Walk second = operand(unit, operands, 1);
  int8_t* to = out.made(unit.unit);
  for (uint32_t x = 0; x < out.width; ++x) {
    const int8_t* a = first.at;
    const int8_t* b = second.at;
    for (uint32_t c = 0; c < out.channels; ++c) {
      *to++ = element(*a, *b);
      a += first.channel_step;
      b += second.channel_step;
    }
    first.at += first.column_step;
    second.at += second.column_step;
  }
}

bool check_add(const Shapes& shapes) {
  if (shapes.op.params != sizeof(AddParams) / 4) {
    return false;
  }
  const AddParams& p = *reinterpret_cast<const AddParams*>(shapes.op.words());
  for (int i = 0; i < 2; ++i) {
    if (!is_int8(p.zero_points[i]) || !shift_fits(p.shifts[i]) || p.shifts[i] > 0) {
      return false;
    }
  }
  return shift_fits(p.output_shift) && is_int8(p.output_zero_point) && is_int8(p.least) && is_int8(p.most) &&
         shapes_fit(shapes, p.operands);
}

// At most 2^28 in size, whatever the multiplier: two of them add up.
int32_t scaled_input(const AddParams& p, int which, int8_t value) {
  return rounded_shift(high_product((value - p.zero_points[which]) * (1 << kLeftShift), p.multipliers[which]),
                       -p.shifts[which]);
}

void run_add(const Unit& unit) {
  const AddParams p = *reinterpret_cast<const AddParams*>(unit.words());  // a copy, which no store of bytes can change
  each(unit, p.operands, [&p](int8_t a, int8_t b) {
    const int32_t second = scaled_input(p, 1, b);
    const int32_t sum = scaled_input(p, 0, a) + (p.subtracts != 0 ? -second : second);
    return placed(scaled(sum, p.output_multiplier, p.output_shift), p.output_zero_point, p.least, p.most);
  });
}

bool check_mul(const Shapes& shapes) {
  if (shapes.op.params != sizeof(MulParams) / 4) {
    return false;
  }
  const MulParams& p = *reinterpret_cast<const MulParams*>(shapes.op.words());
  return is_int8(p.zero_points[0]) && is_int8(p.zero_points[1]) && shift_fits(p.output_shift) &&
         is_int8(p.output_zero_point) && is_int8(p.least) && is_int8(p.most) && shapes_fit(shapes, p.operands);
}

void run_mul(const Unit& unit) {
  const MulParams p = *reinterpret_cast<const MulParams*>(unit.words());
  each(unit, p.operands, [&p](int8_t a, int8_t b) {
    const int32_t product = (a - p.zero_points[0]) * (b - p.zero_points[1]);
    return placed(scaled(product, p.output_multiplier, p.output_shift), p.output_zero_point, p.least, p.most);
  });
}

}  // namespace

const Kernel kAdd = {check_add, run_add};
const Kernel kMul = {check_mul, run_mul};

}  // namespace cutpoint::stream
