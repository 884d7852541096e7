#include "table.h"

#include "../../bytes.h"

namespace cutpoint::stream {
namespace {

bool check(const Shapes& shapes) {
  const OperatorRecord& op = shapes.op;
  if (op.inputs != 1 || op.outputs != 1 || op.units_per_row != 1) {
    return false;
  }
  const TensorRecord& in = *shapes.inputs[0];
  const TensorRecord& out = *shapes.outputs[0];
  return in.item() == 1 && (out.item() == 1 || out.item() == 4) && op.blob_bytes == 256 * out.item() &&
         in.rows == out.rows && in.row_items() == out.row_items();
}

void run(const Unit& unit) {
  const Lines& in = unit.inputs[0];
  const uint8_t* from = in.at(unit.unit);
  uint8_t* to = unit.outputs[0].at(unit.unit);
  const uint8_t* table = unit.op.blob();
  if (unit.outputs[0].row_bytes == in.row_bytes) {
    for (uint32_t i = 0; i < in.row_bytes; ++i) {
      to[i] = table[from[i]];
    }
    return;
  }
  for (uint32_t i = 0; i < in.row_bytes; ++i) {
    copy_bytes(to + 4 * i, table + 4 * from[i], 4);
  }
}

}  // namespace

const Kernel kTable = {check, run};

}  // namespace cutpoint::stream
