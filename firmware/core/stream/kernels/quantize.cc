#include "quantize.h"

#include "../../bytes.h"
#include "../requantise.h"

namespace cutpoint::stream {
namespace {

struct Params {
  int32_t scale;  // the bits of a float32
  int32_t zero_point;
};
constexpr int32_t kInfinity = 0x7F800000;
constexpr float kEnough = 512.0f;  // more than any int8 is away from any zero point

bool check(const Shapes& shapes) {
  const OperatorRecord& op = shapes.op;
  if (op.inputs != 1 || op.outputs != 1 || op.units_per_row != 1 || op.params != sizeof(Params) / 4) {
    return false;
  }
  const Params& p = *reinterpret_cast<const Params*>(op.words());
  const TensorRecord& in = *shapes.inputs[0];
  const TensorRecord& out = *shapes.outputs[0];
  return p.scale > 0 && p.scale < kInfinity && is_int8(p.zero_point) && in.item() == 4 && out.item() == 1 &&
         in.rows == out.rows && in.row_items() == out.row_items();
}

// Half away from zero. Not a number counts as the least.
int32_t rounded(float value) {
  if (!(value > -kEnough)) {
    return -static_cast<int32_t>(kEnough);
  }
  if (value > kEnough) {
    return static_cast<int32_t>(kEnough);
  }
  const int32_t whole = static_cast<int32_t>(value);
  const float rest = value - static_cast<float>(whole);
  return rest >= 0.5f ? whole + 1 : rest <= -0.5f ? whole - 1 : whole;
}

void run(const Unit& unit) {
  const Params& p = *reinterpret_cast<const Params*>(unit.words());
  const float scale = float_of_bits(static_cast<uint32_t>(p.scale));
  const Lines& out = unit.outputs[0];
  const uint8_t* from = unit.inputs[0].at(unit.unit);
  int8_t* to = out.made(unit.unit);
  for (uint32_t i = 0; i < out.row_bytes; ++i) {
    to[i] = placed(rounded(float_of_bits(load_u32(from + 4 * i)) / scale), p.zero_point, INT8_MIN, INT8_MAX);
  }
}

}  // namespace

const Kernel kQuantize = {check, run};

}  // namespace cutpoint::stream
