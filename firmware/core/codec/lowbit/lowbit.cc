#include "lowbit.h"

#include "../../bytes.h"

namespace cutpoint {
namespace {

constexpr size_t bytes_of_bits(uint64_t bits) { return static_cast<size_t>((bits + 7) / 8); }

}  // namespace

uint32_t lowbit_bits(const TensorTables& tables) {
  uint32_t bits = 0;
  while ((1u << bits) < tables.grid.levels) {
    ++bits;
  }
  return bits;
}

size_t lowbit_bytes(const TensorTables& tables) {
  return kTablesMarkBytes + bytes_of_bits(uint64_t{tables.elements()} * lowbit_bits(tables));
}

size_t lowbit_final_bytes(const TensorTables& tables, size_t raw_bytes) {
  const size_t elements = tables.elements();
  if (raw_bytes >= elements) {
    return lowbit_bytes(tables);
  }
  size_t ready = tables.order == nullptr ? raw_bytes : 0;
  const size_t channels = tables.grid.channels;
  for (size_t column = 0; tables.order != nullptr && column < channels; ++column) {
    const size_t channel = tables.order[column];
    const size_t of_channel = raw_bytes > channel ? (raw_bytes - channel - 1) / channels + 1 : 0;
    ready += of_channel;
    if (of_channel < elements / channels) {
      break;
    }
  }
  return kTablesMarkBytes + static_cast<size_t>(uint64_t{ready} * lowbit_bits(tables) / 8);
}

void LowbitWriter::begin(const TensorTables& tables, Bytes elements) {
  elements_ = elements;
  to_level_ = tables.to_level;
  walk_ = ElementWalk(tables);
  left_ = elements.size();
  bits_ = lowbit_bits(tables);
  held_ = 0;
  waiting_ = 0;
  mark_ = tables.mark;
  mark_left_ = kTablesMarkBytes;
}

size_t LowbitWriter::pull(MutableBytes to) {
  size_t written = 0;
  for (; written < to.size() && mark_left_ != 0; ++written, --mark_left_) {
    to[written] = static_cast<uint8_t>(mark_left_ == kTablesMarkBytes ? mark_ & 0xFFu : mark_ >> 8);
  }
  while (written < to.size()) {
    while (waiting_ < 8 && left_ != 0 && bits_ != 0) {
      held_ |= static_cast<uint32_t>(to_level_[elements_[walk_.next()]]) << waiting_;
      --left_;
      waiting_ += bits_;
    }
    if (waiting_ == 0) {
      break;
    }
    to[written] = static_cast<uint8_t>(held_ & 0xFFu);
    ++written;
    held_ >>= 8;
    waiting_ = waiting_ > 8 ? waiting_ - 8 : 0;
  }
  return written;
}

Status decode_lowbit(const TensorTables& tables, Bytes coded, MutableBytes elements) {
  if (coded.size() != lowbit_bytes(tables) || elements.size() != tables.elements()) {
    return Status::kCoded;
  }
  if (load_u16(coded.data()) != tables.mark) {
    return Status::kTables;
  }
  const uint32_t bits = lowbit_bits(tables);
  const uint32_t mask = (1u << bits) - 1;
  const uint8_t* from = coded.data() + kTablesMarkBytes;
  uint32_t held = 0;
  uint32_t waiting = 0;
  ElementWalk walk(tables);
  for (size_t i = 0; i < elements.size(); ++i) {
    if (waiting < bits) {
      held |= static_cast<uint32_t>(*from++) << waiting;
      waiting += 8;
    }
    const uint32_t level = held & mask;
    held >>= bits;
    waiting -= bits;
    if (level >= tables.grid.levels) {
      return Status::kCoded;
    }
    elements[walk.next()] = tables.to_value[level];
  }
  return held == 0 ? Status::kOk : Status::kCoded;
}

}  // namespace cutpoint
