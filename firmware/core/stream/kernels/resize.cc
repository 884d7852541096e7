#include "resize.h"

#include "../../bytes.h"

namespace cutpoint::stream {
namespace {

bool check(const Shapes& shapes) {
  const OperatorRecord& op = shapes.op;
  if (op.inputs != 1 || op.outputs != 1 || op.units_per_row != 1 || op.params != 0) {
    return false;
  }
  const TensorRecord& in = *shapes.inputs[0];
  const TensorRecord& out = *shapes.outputs[0];
  if (in.item() != out.item() || in.channels != out.channels || op.blob_bytes < 2u * (out.rows + out.width)) {
    return false;
  }
  const uint16_t* places = reinterpret_cast<const uint16_t*>(op.blob());
  for (uint32_t i = 0; i < uint32_t{out.rows} + out.width; ++i) {
    if (places[i] >= (i < out.rows ? in.rows : in.width)) {
      return false;
    }
  }
  return true;
}

void run(const Unit& unit) {
  const Lines& in = unit.inputs[0];
  const Lines& out = unit.outputs[0];
  const uint16_t* rows = reinterpret_cast<const uint16_t*>(unit.op.blob());
  const uint16_t* columns = rows + out.rows;
  const uint32_t bytes = in.row_bytes / in.width;
  const uint8_t* from = in.at(rows[unit.unit]);
  uint8_t* to = out.at(unit.unit);
  for (uint32_t x = 0; x < out.width; ++x, to += bytes) {
    move_bytes(to, from + columns[x] * bytes, bytes);
  }
}

}  // namespace

const Kernel kResizeNearest = {check, run};

}  // namespace cutpoint::stream
