#include "slice.h"

#include "../../bytes.h"

namespace cutpoint::stream {
namespace {

// The elements begin, begin + step, ... of an axis; step may be negative.
struct Grid {
  int32_t begin, step, count;

  bool fits(uint32_t size) const {
    const int64_t last = begin + (int64_t{count} - 1) * step;
    return count > 0 && begin >= 0 && last >= 0 && static_cast<uint32_t>(begin) < size && last < size;
  }
  uint32_t at(uint32_t place) const { return static_cast<uint32_t>(begin) + place * static_cast<uint32_t>(step); }
};

// The words, for each output.
struct Params {
  Grid rows, columns, channels;
};

bool check(const Shapes& shapes) {
  const OperatorRecord& op = shapes.op;
  if (op.inputs != 1 || op.units_per_row != 1 || op.params != op.outputs * sizeof(Params) / 4) {
    return false;
  }
  const TensorRecord& in = *shapes.inputs[0];
  const Params* p = reinterpret_cast<const Params*>(op.words());
  for (size_t i = 0; i < op.outputs; ++i, ++p) {
    const TensorRecord& out = *shapes.outputs[i];
    if (in.item() != out.item() || !p->rows.fits(in.rows) || !p->columns.fits(in.width) ||
        !p->channels.fits(in.channels) || p->rows.count != out.rows ||
        static_cast<uint64_t>(p->columns.count) * static_cast<uint64_t>(p->channels.count) != out.row_items()) {
      return false;
    }
  }
  return true;
}

void run_one(const Params& p, const Lines& in, const Lines& out, uint32_t unit) {
  uint8_t* to = out.at(unit);
  const uint8_t* row = in.at(p.rows.at(unit));
  const uint32_t item = in.row_bytes / (in.width * in.channels);
  const uint32_t channels = static_cast<uint32_t>(p.channels.count);
  // Channels that lie side by side are copied together.
  const uint32_t pieces = p.channels.step == 1 ? 1 : channels;
  const uint32_t bytes = channels / pieces * item;
  for (uint32_t x = 0; x < static_cast<uint32_t>(p.columns.count); ++x) {
    const uint8_t* column = row + p.columns.at(x) * in.channels * item;
    for (uint32_t i = 0; i < pieces; ++i, to += bytes) {
      move_bytes(to, column + p.channels.at(i) * item, bytes);
    }
  }
}

void run(const Unit& unit) {
  const Params* p = reinterpret_cast<const Params*>(unit.words());
  for (size_t i = 0; i < unit.op.outputs; ++i) {
    run_one(p[i], unit.inputs[0], unit.outputs[i], unit.unit);
  }
}

}  // namespace

const Kernel kSlice = {check, run};

}  // namespace cutpoint::stream
