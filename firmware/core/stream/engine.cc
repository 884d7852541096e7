#include "engine.h"

namespace cutpoint::stream {
namespace {

constexpr size_t kAlignment = 8;

size_t aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

uint16_t lines_held(const Plan& plan, size_t input, bool fed) {
  return fed ? plan.inputs()[input].fed_lines : plan.tensor(input).rows;
}

}  // namespace

size_t picture_bytes(const Plan& plan, bool fed) {
  size_t bytes = 0;
  for (size_t i = 0; i < plan.header().inputs; ++i) {
    bytes += aligned(plan.tensor(i).row_bytes() * lines_held(plan, i, fed));
  }
  return bytes;
}

size_t block_bytes(const Plan& plan, uint16_t cut, bool on) {
  const LayoutRecord& layout = plan.layout(cut);
  return StreamEngine::table_bytes(plan) + (on ? layout.block_bytes : layout.head_bytes);
}

size_t StreamEngine::table_bytes(const Plan& plan) {
  return aligned(plan.header().tensors * sizeof(Placed)) + aligned(plan.header().on_board * sizeof(Progress));
}

bool StreamEngine::load(const Plan& plan, MutableBytes block, MutableBytes picture, LineSource* source, Clock* clock,
                        KernelOf kernels) {
  on_board_ = 0;
  running_ = ended_ = false;
  const bool fed = source != nullptr;
  if (block.size() < block_bytes(plan, plan.header().on_board, false) || picture.size() < picture_bytes(plan, fed) ||
      reinterpret_cast<uintptr_t>(block.data()) % kAlignment != 0) {
    return false;
  }
  plan_ = plan;
  source_ = source;
  clock_ = clock;
  kernels_ = kernels;
  on_board_ = plan.header().on_board;
  placed_ = reinterpret_cast<Placed*>(block.data());
  progress_ = reinterpret_cast<Progress*>(block.data() + aligned(plan.header().tensors * sizeof(Placed)));
  block_ = block.from(table_bytes(plan));
  uint8_t* at = picture.data();
  for (size_t i = 0; i < plan.header().inputs; ++i) {
    const uint16_t lines = lines_held(plan, i, fed);
    placed_[i] = {at, lines, 0};
    at += aligned(plan.tensor(i).row_bytes() * lines);
  }
  return true;
}

bool StreamEngine::can_cut(uint16_t cut) const {
  // Going on from cut 0 begins the inference anew, and a source gives its lines once.
  if (cut > on_board_ || (cut == 0 && source_ != nullptr)) {
    return false;
  }
  const LayoutRecord& layout = plan_.layout(cut);
  const bool goes_on = on_board_ == plan_.header().operators && cut != on_board_;
  return (goes_on ? layout.block_bytes : layout.head_bytes) <= block_.size() && live_inputs_are_whole(layout);
}

bool StreamEngine::live_inputs_are_whole(const LayoutRecord& layout) const {
  for (size_t i = 0; i < layout.live; ++i) {
    const uint16_t tensor = plan_.live(layout)[i];
    if (tensor < plan_.header().inputs && placed_[tensor].lines != plan_.tensor(tensor).rows) {
      return false;
    }
  }
  return true;
}

void StreamEngine::place(const LayoutRecord& layout, uint16_t from, uint16_t to) {
  for (uint16_t i = from; i < to; ++i) {
    const LayoutEntry& entry = plan_.entry(layout, i);
    placed_[i] = {block_.data() + entry.at, entry.lines, 0};
  }
}

bool StreamEngine::begin(uint16_t first, uint16_t last) {
  const bool goes_on = first != 0 && ended_ && first == last_ && (last == on_board_ || last == first);
  if (on_board_ < last || (first != 0 && !goes_on)) {
    return false;
  }
  const LayoutRecord& layout = plan_.layout(goes_on ? first : last);
  if ((goes_on ? layout.block_bytes : layout.head_bytes) > block_.size() || !live_inputs_are_whole(layout)) {
    return false;
  }
  if (goes_on) {
    place(layout, plan_.tensors_before(first), plan_.tensors_before(last));
  } else {
    for (uint16_t i = 0; i < plan_.header().inputs; ++i) {
      placed_[i].produced = 0;
    }
    place(layout, plan_.header().inputs, plan_.tensors_before(last));
  }
  left_ = 0;
  for (uint16_t i = first; i < last; ++i) {
    const OperatorRecord& op = plan_.op(i);
    progress_[i] = {0, 0, i};
    left_ += op.units;
    for (size_t o = 0; o < op.outputs; ++o) {
      const TensorRecord& made = plan_.tensor(op.made()[o]);
      for (size_t r = 0; r < made.readers; ++r) {
        const uint16_t reader = plan_.readers()[made.first_reader + r].op;
        if (reader < last && reader > progress_[i].after) {
          progress_[i].after = reader;
        }
      }
    }
  }
  first_ = first;
  last_ = from_ = last;
  running_ = true;
  ended_ = false;
  return true;
}

Lines StreamEngine::lines_of(uint16_t tensor) const {
  const TensorRecord& record = plan_.tensor(tensor);
  const Placed& placed = placed_[tensor];
  return {placed.base,  static_cast<uint32_t>(record.row_bytes()), placed.lines, record.rows, record.width,
          record.channels};
}

bool StreamEngine::run(uint16_t first, uint16_t last, Span<uint32_t> us) {
  if (!begin(first, last)) {
    return false;
  }
  Step step = Step::kMore;
  while (step == Step::kMore || step == Step::kWaiting) {
    step = advance();
  }
  operators_us(us);
  return step == Step::kDone;
}

bool StreamEngine::live(uint16_t cut, Span<TensorView> tensors, size_t& count) {
  count = 0;
  if (on_board_ < cut || !(running_ || ended_) || cut != last_) {
    return false;
  }
  const LayoutRecord& layout = plan_.layout(cut);
  if (layout.live > tensors.size()) {
    return false;
  }
  for (; count < layout.live; ++count) {
    const uint16_t tensor = plan_.live(layout)[count];
    const TensorRecord& record = plan_.tensor(tensor);
    tensors[count] = {record.index, static_cast<DType>(record.dtype),
                      Bytes(placed_[tensor].base, record.row_bytes() * record.rows), record.fill};
  }
  return true;
}

MutableBytes StreamEngine::input(size_t index) {
  if (on_board_ == 0 || index >= plan_.header().inputs) {
    return MutableBytes();
  }
  const Lines lines = lines_of(static_cast<uint16_t>(index));
  return MutableBytes(lines.base, size_t{lines.row_bytes} * lines.lines);
}

size_t StreamEngine::ready(size_t place) const {
  const LayoutRecord& layout = plan_.layout(last_);
  if (!(running_ || ended_) || place >= layout.live) {
    return 0;
  }
  const uint16_t tensor = plan_.live(layout)[place];
  const bool there = tensor < plan_.header().inputs && source_ == nullptr;
  return plan_.tensor(tensor).row_bytes() * (there ? plan_.tensor(tensor).rows : placed_[tensor].produced);
}

void StreamEngine::operators_us(Span<uint32_t> us) const {
  for (size_t i = 0; i < us.size() && first_ + i < last_; ++i) {
    us[i] = progress_[first_ + i].us;
  }
}

}  // namespace cutpoint::stream
