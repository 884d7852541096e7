#include "reshape.h"

#include "../../bytes.h"

namespace cutpoint::stream {
namespace {

bool check(const Shapes& shapes) {
  const OperatorRecord& op = shapes.op;
  if (op.inputs != 1 || op.outputs != 1) {
    return false;
  }
  const TensorRecord& in = *shapes.inputs[0];
  const TensorRecord& out = *shapes.outputs[0];
  return in.row_bytes() * in.rows == out.row_bytes() * out.rows && out.row_bytes() % op.units_per_row == 0;
}

// A unit makes an even part of an output row, from as many input rows as it takes.
void run(const Unit& unit) {
  const Lines& in = unit.inputs[0];
  const Lines& out = unit.outputs[0];
  const uint32_t units_per_row = unit.op.units_per_row;
  uint32_t left = out.row_bytes / units_per_row;
  uint32_t row = unit.unit * left / in.row_bytes;
  uint32_t at = unit.unit * left % in.row_bytes;
  uint8_t* to = out.at(unit.unit / units_per_row) + unit.unit % units_per_row * left;
  for (; left != 0; at = 0, ++row) {
    const uint32_t bytes = left < in.row_bytes - at ? left : in.row_bytes - at;
    move_bytes(to, in.at(row) + at, bytes);
    to += bytes;
    left -= bytes;
  }
}

}  // namespace

const Kernel kReshape = {check, run};

}  // namespace cutpoint::stream
