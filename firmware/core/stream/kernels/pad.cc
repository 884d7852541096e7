#include "pad.h"

#include "../../bytes.h"
#include "../requantise.h"

namespace cutpoint::stream {
namespace {

struct Params {
  int32_t top, left, front, fill;  // front: channels before the input's
};

bool inside(int32_t before, uint32_t size, uint32_t out) {
  return before >= 0 && static_cast<uint64_t>(before) + size <= out;
}

bool check(const Shapes& shapes) {
  const OperatorRecord& op = shapes.op;
  if (op.inputs != 1 || op.outputs != 1 || op.units_per_row != 1 || op.params != sizeof(Params) / 4) {
    return false;
  }
  const Params& p = *reinterpret_cast<const Params*>(op.words());
  const TensorRecord& in = *shapes.inputs[0];
  const TensorRecord& out = *shapes.outputs[0];
  return in.item() == 1 && out.item() == 1 && inside(p.top, in.rows, out.rows) && inside(p.left, in.width, out.width) &&
         inside(p.front, in.channels, out.channels);
}

void run(const Unit& unit) {
  const Params& p = *reinterpret_cast<const Params*>(unit.words());
  const Lines& in = unit.inputs[0];
  const Lines& out = unit.outputs[0];
  uint8_t* to = out.at(unit.unit);
  const uint32_t row = unit.unit - static_cast<uint32_t>(p.top);  // wraps above the input
  const bool whole = row < in.rows && in.channels == out.channels;
  if (!whole || in.width != out.width) {
    fill_bytes(to, static_cast<uint8_t>(p.fill), out.row_bytes);
  }
  if (row >= in.rows) {
    return;
  }
  const uint8_t* from = in.at(row);
  to += static_cast<uint32_t>(p.left) * out.channels + static_cast<uint32_t>(p.front);
  if (whole) {
    move_bytes(to, from, in.row_bytes);
    return;
  }
  for (uint32_t x = 0; x < in.width; ++x, to += out.channels, from += in.channels) {
    move_bytes(to, from, in.channels);
  }
}

}  // namespace

const Kernel kPad = {check, run};

}  // namespace cutpoint::stream
