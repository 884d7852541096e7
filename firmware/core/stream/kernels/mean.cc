#include "mean.h"

#include "../requantise.h"

namespace cutpoint::stream {
namespace {

struct Params {
  int32_t zeros;  // what the input's zero points add up to in one sum
  int32_t multiplier, shift, output_zero_point;
};

// Columns are reduced when the output has one.
bool check(const Shapes& shapes) {
  const OperatorRecord& op = shapes.op;
  const bool keeps_sums = op.units_per_row > 1;
  if (op.inputs != 1 || op.outputs != (keeps_sums ? 2 : 1) || op.params != sizeof(Params) / 4) {
    return false;
  }
  const Params& p = *reinterpret_cast<const Params*>(op.words());
  const TensorRecord& in = *shapes.inputs[0];
  const TensorRecord& out = *shapes.outputs[0];
  if (keeps_sums && (shapes.outputs[1]->item() != 4 || shapes.outputs[1]->row_items() < out.row_items())) {
    return false;
  }
  return shift_fits(p.shift) && is_int8(p.output_zero_point) && in.item() == 1 && out.item() == 1 &&
         in.channels == out.channels && (out.width == 1 || out.width == in.width);
}

void run(const Unit& unit) {
  const Params& p = *reinterpret_cast<const Params*>(unit.words());
  const Lines& in = unit.inputs[0];
  const Lines& out = unit.outputs[0];
  const uint32_t units_per_row = unit.op.units_per_row;
  const uint32_t part = unit.unit % units_per_row;
  uint32_t* sums = units_per_row > 1 ? reinterpret_cast<uint32_t*>(unit.outputs[1].base) : nullptr;
  const uint32_t columns = out.width == 1 ? in.width : 1;
  const int8_t* from = in.row(unit.unit);
  int8_t* to = out.made(unit.unit / units_per_row);
  for (uint32_t i = 0; i < out.row_bytes; ++i) {
    uint32_t sum = part == 0 ? 0 : sums[i];
    const int8_t* at = from + i;
    for (uint32_t x = 0; x < columns; ++x, at += in.channels) {
      sum += static_cast<uint32_t>(static_cast<int32_t>(*at));
    }
    if (part + 1 < units_per_row) {
      sums[i] = sum;
    } else {
      const int32_t whole = static_cast<int32_t>(sum - static_cast<uint32_t>(p.zeros));
      to[i] = placed(scaled(whole, p.multiplier, p.shift), p.output_zero_point, INT8_MIN, INT8_MAX);
    }
  }
}

}  // namespace

const Kernel kMean = {check, run};

}  // namespace cutpoint::stream
