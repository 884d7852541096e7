#include "concatenation.h"

#include "../../bytes.h"

namespace cutpoint::stream {
namespace {

// The word.
enum Axis : int32_t { kRows = 0, kColumns = 1, kChannels = 2 };

bool check(const Shapes& shapes) {
  const OperatorRecord& op = shapes.op;
  if (op.inputs == 0 || op.outputs != 1 || op.units_per_row != 1 || op.params != 1) {
    return false;
  }
  const int32_t axis = op.words()[0];
  const TensorRecord& out = *shapes.outputs[0];
  uint64_t along = 0;
  for (size_t i = 0; i < op.inputs; ++i) {
    const TensorRecord& in = *shapes.inputs[i];
    if (in.item() != out.item() || (axis != kRows && in.rows != out.rows) ||
        (axis != kColumns && in.width != out.width) || (axis != kChannels && in.channels != out.channels)) {
      return false;
    }
    along += axis == kRows ? in.rows : axis == kColumns ? in.width : in.channels;
  }
  return axis >= kRows && axis <= kChannels &&
         along == (axis == kRows ? out.rows : axis == kColumns ? out.width : out.channels);
}

void run(const Unit& unit) {
  const int32_t axis = unit.words()[0];
  const Lines& out = unit.outputs[0];
  uint8_t* to = out.at(unit.unit);
  if (axis == kRows) {
    const Lines* in = unit.inputs;
    uint32_t row = unit.unit;
    for (; row >= in->rows; ++in) {
      row -= in->rows;
    }
    move_bytes(to, in->at(row), in->row_bytes);
    return;
  }
  const uint32_t columns = axis == kChannels ? out.width : 1;
  for (size_t i = 0; i < unit.op.inputs; ++i) {
    const Lines& in = unit.inputs[i];
    const uint32_t bytes = in.row_bytes / columns;
    const uint8_t* from = in.at(unit.unit);
    uint8_t* at = to;
    for (uint32_t x = 0; x < columns; ++x, from += bytes, at += out.row_bytes / columns) {
      move_bytes(at, from, bytes);
    }
    to += bytes;
  }
}

}  // namespace

const Kernel kConcatenation = {check, run};

}  // namespace cutpoint::stream
