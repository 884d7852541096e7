// The schedule: which operator makes its next line. cutpoint/graph/stream/schedule.py simulates the same rule.
#include "engine.h"

namespace cutpoint::stream {

// The deepest operator that can run makes its next line: no line is made before somebody below has run out of work, so
// as few as possible wait.
Step StreamEngine::advance() {
  if (!running_) {
    return Step::kFailed;
  }
  for (uint16_t op = from_; op-- > first_;) {
    if (runnable(op)) {
      run_unit(op);
      // Its readers may run now, and nothing below them that could not before.
      from_ = static_cast<uint16_t>(progress_[op].after + 1);
      if (--left_ == 0) {
        break;
      }
      return Step::kMore;
    }
  }
  if (left_ != 0 || sends_input()) {
    return take_input();
  }
  running_ = false;
  ended_ = true;
  return Step::kDone;
}

bool StreamEngine::runnable(uint16_t op) const {
  const OperatorRecord& record = plan_.op(op);
  const uint32_t unit = progress_[op].unit;
  if (unit >= record.units) {
    return false;
  }
  const ReadRule* rules = record.rules();
  for (size_t i = 0; i < record.inputs; ++i) {
    if (rules[i].end(unit, plan_.tensor(rules[i].tensor).rows) > placed_[rules[i].tensor].produced) {
      return false;
    }
  }
  const uint32_t row = record.units_per_row == 1 ? unit : unit / record.units_per_row;
  for (size_t i = 0; i < record.outputs; ++i) {
    if (!has_room(record.made()[i], row)) {
      return false;
    }
  }
  return true;
}

// Whether row `row` can be written without overwriting one that somebody still reads.
bool StreamEngine::has_room(uint16_t tensor, uint32_t row) const {
  const uint32_t lines = placed_[tensor].lines;
  if (row < lines) {
    return true;
  }
  const TensorRecord& record = plan_.tensor(tensor);
  for (size_t i = 0; i < record.readers; ++i) {
    const Reader& reader = plan_.readers()[record.first_reader + i];
    if (reader.op < first_ || reader.op >= last_) {
      continue;
    }
    const uint32_t unit = progress_[reader.op].unit;
    const OperatorRecord& op = plan_.op(reader.op);
    if (unit < op.units && row >= op.rules()[reader.place].first(unit) + lines) {
      return false;
    }
  }
  return true;
}

void StreamEngine::run_unit(uint16_t op) {
  const OperatorRecord& record = plan_.op(op);
  Progress& progress = progress_[op];
  Lines operands[kMaxOperands];
  for (size_t i = 0; i < record.inputs; ++i) {
    operands[i] = lines_of(record.rules()[i].tensor);
  }
  for (size_t i = 0; i < record.outputs; ++i) {
    operands[record.inputs + i] = lines_of(record.made()[i]);
  }
  const uint64_t began = now();
  kernels_(record.kind)->run({record, operands, operands + record.inputs, progress.unit});
  progress.us += static_cast<uint32_t>(now() - began);
  ++progress.unit;
  if (progress.unit % record.units_per_row == 0) {
    const uint16_t rows = static_cast<uint16_t>(progress.unit / record.units_per_row);
    for (size_t i = 0; i < record.outputs; ++i) {
      placed_[record.made()[i]].produced = rows;
    }
  }
}

// Whether an input that is live at the cut is not there yet, though no operator needs more of it.
bool StreamEngine::sends_input() const {
  const LayoutRecord& layout = plan_.layout(last_);
  for (size_t i = 0; first_ == 0 && i < layout.live; ++i) {
    const uint16_t tensor = plan_.live(layout)[i];
    if (tensor < plan_.header().inputs && placed_[tensor].produced < placed_[tensor].lines) {
      return true;
    }
  }
  return false;
}

// Nothing can run: for want of an input line, or the plan leads nowhere. Inputs that lie there whole are taken line by
// line as well, so that the order is the one for which memory was planned. The least advanced one comes first.
Step StreamEngine::take_input() {
  uint16_t next = plan_.header().inputs;
  for (uint16_t i = 0; first_ == 0 && i < plan_.header().inputs; ++i) {
    const uint16_t rows = plan_.tensor(i).rows;
    const uint32_t produced = placed_[i].produced;
    if (produced < rows && has_room(i, produced) &&
        (next == plan_.header().inputs || produced * plan_.tensor(next).rows < placed_[next].produced * uint32_t{rows})) {
      next = i;
    }
  }
  if (next == plan_.header().inputs) {
    running_ = false;
    return Step::kFailed;
  }
  Placed& input = placed_[next];
  const Lines lines = lines_of(next);
  if (source_ != nullptr &&
      !source_->line(next, input.produced, MutableBytes(lines.at(input.produced), lines.row_bytes))) {
    return Step::kWaiting;
  }
  ++input.produced;
  from_ = last_;
  return Step::kMore;
}

}  // namespace cutpoint::stream
