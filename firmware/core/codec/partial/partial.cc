#include "partial.h"

#include "../../bytes.h"
#include "../lowbit/lowbit.h"
#include "../rans/rans.h"

namespace cutpoint {
namespace {

Status check_ranges(Bytes coded, Span<const ByteRange> came) {
  size_t after = 0;
  bool first = true;
  for (const ByteRange& range : came) {
    if (range.first >= range.end || range.end > coded.size() || (!first && range.first <= after)) {
      return Status::kArgument;
    }
    after = range.end;
    first = false;
  }
  return Status::kOk;
}

// Asked for ranges that begin later and later.
class Arrival {
 public:
  explicit Arrival(Span<const ByteRange> came) : left_(came) {}

  bool has(size_t first, size_t end) {
    while (!left_.empty() && left_[0].end <= first) {
      left_ = left_.from(1);
    }
    return first == end || (!left_.empty() && left_[0].first <= first && end <= left_[0].end);
  }

 private:
  Span<const ByteRange> left_;
};

Status lowbit_that_came(const TensorTables& tables, Bytes coded, Arrival& arrival, MutableBytes elements,
                        size_t& there) {
  if (coded.size() != lowbit_bytes(tables)) {
    return Status::kCoded;
  }
  const uint32_t bits = lowbit_bits(tables);
  const uint32_t mask = (1u << bits) - 1;
  ElementWalk walk(tables);
  for (size_t i = 0; i < elements.size(); ++i) {
    const size_t to = walk.next();
    const uint64_t at = uint64_t{i} * bits;
    const size_t first = kTablesMarkBytes + static_cast<size_t>(at / 8);
    const size_t end = kTablesMarkBytes + static_cast<size_t>((at + bits + 7) / 8);
    if (!arrival.has(first, bits == 0 ? first : end)) {
      continue;
    }
    uint32_t held = 0;
    for (size_t byte = first; bits != 0 && byte < end; ++byte) {
      held |= static_cast<uint32_t>(coded[byte]) << (8 * (byte - first));
    }
    const uint32_t level = held >> (at % 8) & mask;
    if (level >= tables.grid.levels) {
      return Status::kCoded;
    }
    elements[to] = tables.to_value[level];
    there += 1;
  }
  return Status::kOk;
}

// The levels of a slice are made where its elements go, and become elements once it is whole.
Status slices_that_came(const TensorTables& tables, Bytes coded, Arrival& arrival, MutableBytes elements,
                        size_t& there) {
  const RansModel& model = tables.models[0];
  const size_t head = kTablesMarkBytes + 2 * static_cast<size_t>(model.groups);
  if (!model.sliced || !arrival.has(kTablesMarkBytes, head)) {
    return Status::kOk;
  }
  const size_t channels = tables.grid.channels;
  size_t at = head;
  for (size_t group = 0; group < model.groups; ++group) {
    const size_t bytes = load_u16(coded.data() + kTablesMarkBytes + 2 * group);
    if (coded.size() - at < bytes) {
      return Status::kCoded;
    }
    // An empty slice is none that an encoder makes: its state alone takes four bytes.
    if (bytes != 0 && arrival.has(at, at + bytes)) {
      CUTPOINT_TRY(decode_slice(tables.grid, model, group, coded.slice(at, bytes), elements));
      uint8_t listed[kMaxSlicedChannels];
      const size_t count = list_channels(model, channels, group, listed);
      for (size_t pixel = 0; pixel < elements.size(); pixel += channels) {
        for (size_t i = 0; i < count; ++i) {
          uint8_t& element = elements[pixel + listed[i]];
          element = tables.to_value[element];
        }
      }
      there += count * (elements.size() / channels);
    }
    at += bytes;
  }
  return at == coded.size() ? Status::kOk : Status::kCoded;
}

}  // namespace

Status decode_partial(const TensorTables& tables, Bytes coded, Span<const ByteRange> came, MutableBytes elements,
                      size_t& there) {
  there = 0;
  CUTPOINT_TRY(check_ranges(coded, came));
  if (elements.size() != tables.elements()) {
    return Status::kCoded;
  }
  // Slicer has no levels: its zero level is the zero point itself.
  const uint8_t zero = tables.to_value != nullptr ? tables.to_value[tables.grid.zero] : tables.grid.zero;
  fill_bytes(elements.data(), zero, elements.size());
  Arrival arrival(came);
  if (coded.size() < kTablesMarkBytes || !arrival.has(0, kTablesMarkBytes)) {
    return Status::kOk;
  }
  if (load_u16(coded.data()) != tables.mark) {
    return Status::kTables;
  }
  if (tables.codec == CodecId::kLowbit) {
    return lowbit_that_came(tables, coded, arrival, elements, there);
  }
  return tables.codec == CodecId::kRans ? slices_that_came(tables, coded, arrival, elements, there) : Status::kOk;
}

}  // namespace cutpoint
