#include "../../bytes.h"
#include "rans.h"

namespace cutpoint {
namespace {

// Reads a stream forward. A state below L with no byte to fill it up is a stream that ends too early.
class Reader {
 public:
  explicit Reader(Bytes stream) : stream_(stream) {}

  Status begin() {
    if (stream_.size() < kRansStateBytes) {
      return Status::kCoded;
    }
    state_ = load_u32(stream_.data());
    at_ = kRansStateBytes;
    // Every state of an encoder is in [L, 256 L).
    return state_ >= kRansLow && state_ >> 8 < kRansLow ? Status::kOk : Status::kCoded;
  }

  Status symbol(const RansTable& table, uint32_t entries, uint32_t& symbol) {
    const uint32_t slot = state_ & (kFrequencySum - 1);
    // The last symbol that does not start behind the slot.
    uint32_t first = 0;
    for (uint32_t count = entries; count > 1;) {
      const uint32_t half = count / 2;
      if (start_of(table.packed(first + half)) <= slot) {
        first += half;
        count -= half;
      } else {
        count = half;
      }
    }
    const uint32_t packed = table.packed(first);
    state_ = frequency_of(packed) * (state_ >> kFrequencyBits) + slot - start_of(packed);
    symbol = first;
    return fill();
  }

  Status even_bits(uint32_t& level) {
    level = state_ & 0xFFu;
    state_ >>= 8;
    return fill();
  }

  Status finish() const {
    return state_ == kRansLow && at_ == stream_.size() ? Status::kOk : Status::kCoded;
  }

 private:
  Status fill() {
    while (state_ < kRansLow) {
      if (at_ == stream_.size()) {
        return Status::kCoded;
      }
      state_ = state_ << 8 | stream_[at_];
      ++at_;
    }
    return Status::kOk;
  }

  Bytes stream_;
  size_t at_ = 0;
  uint32_t state_ = 0;
};

// What an element's neighbours say: its prediction, and which of the tables is its.
struct Expected {
  uint32_t prediction;
  size_t context;
};

class StreamDecoder {
 public:
  StreamDecoder(const LevelGrid& grid, const RansModel& model, Bytes reference, MutableBytes levels)
      : grid_(grid), model_(model), reference_(reference), levels_(levels) {
    locate_tables(model, grid.levels, rows_);
  }

  // One stream: every channel, or the `listed` ones, ascending.
  Status decode(Bytes stream, const uint8_t* listed, size_t count) {
    Reader reader(stream);
    CUTPOINT_TRY(reader.begin());
    size_t pixel = 0;
    for (size_t y = 0; y < grid_.height; ++y) {
      for (size_t x = 0; x < grid_.width; ++x, pixel += grid_.channels) {
        for (size_t i = 0; i < count; ++i) {
          const size_t channel = listed != nullptr ? listed[i] : i;
          CUTPOINT_TRY(element(reader, pixel + channel, channel, x != 0, y != 0));
        }
      }
    }
    return reader.finish();
  }

 private:
  Status element(Reader& reader, size_t at, size_t channel, bool has_left, bool has_upper) {
    const Expected expected = expect(at, has_left, has_upper);
    const size_t group = model_.group_of != nullptr ? model_.group_of[channel] : 0;
    const RansTable table(rows_[kMaxContexts * group + expected.context]);
    const uint32_t symbols = table.symbols();
    const uint32_t levels = grid_.levels;
    uint32_t symbol = 0;
    CUTPOINT_TRY(reader.symbol(table, symbols + (symbols < levels ? 1u : 0u), symbol));
    if (symbol == symbols) {
      uint32_t level = 0;
      CUTPOINT_TRY(reader.even_bits(level));
      // An encoder escapes only what has no symbol of its own.
      if (level >= levels || symbol_of(level, expected.prediction, table.offset()) < symbols) {
        return Status::kCoded;
      }
      levels_[at] = static_cast<uint8_t>(level);
      return Status::kOk;
    }
    uint32_t level = symbol + expected.prediction + levels - table.offset();
    while (level >= levels) {
      level -= levels;
    }
    levels_[at] = static_cast<uint8_t>(level);
    return Status::kOk;
  }

  uint32_t symbol_of(uint32_t level, uint32_t prediction, uint32_t offset) const {
    uint32_t symbol = level + offset + grid_.levels - prediction;
    while (symbol >= grid_.levels) {
      symbol -= grid_.levels;
    }
    return symbol;
  }

  Expected expect(size_t at, bool has_left, bool has_upper) const {
    const size_t left = grid_.channels;
    const size_t upper = left * grid_.width;
    const uint32_t zero = grid_.zero;
    const uint32_t a = has_left ? levels_[at - left] : zero;
    const uint32_t b = has_upper ? levels_[at - upper] : zero;
    uint32_t beside_a = zero;
    uint32_t beside_b = zero;
    if (model_.activity == Activity::kGradient) {
      beside_a = beside_b = has_left && has_upper ? levels_[at - upper - left] : zero;
    } else if (model_.activity == Activity::kChange) {
      beside_a = has_left ? reference_[at - left] : zero;
      beside_b = has_upper ? reference_[at - upper] : zero;
    }
    const uint32_t activity = distance(a, beside_a) + distance(b, beside_b);
    Expected expected = {0, 0};
    while (expected.context + 1 < model_.contexts && activity >= model_.thresholds[expected.context]) {
      ++expected.context;
    }
    switch (model_.prediction) {
      case Prediction::kNone:
        break;
      case Prediction::kLeft:
        expected.prediction = a;
        break;
      case Prediction::kUpper:
        expected.prediction = b;
        break;
      case Prediction::kAverage:
        expected.prediction = (a + b) >> 1;
        break;
      case Prediction::kReference:
        expected.prediction = reference_[at];
        break;
    }
    return expected;
  }

  static uint32_t distance(uint32_t a, uint32_t b) { return a < b ? b - a : a - b; }

  const LevelGrid& grid_;
  const RansModel& model_;
  Bytes reference_;
  MutableBytes levels_;
  const uint8_t* rows_[kMaxGroups * kMaxContexts];
};

Status decode_channels(StreamDecoder& decoder, const LevelGrid& grid, const RansModel& model, size_t group,
                       Bytes stream) {
  uint8_t listed[kMaxSlicedChannels];
  const size_t count = list_channels(model, grid.channels, group, listed);
  return decoder.decode(stream, listed, count);
}

}  // namespace

Status decode_rans(const TensorTables& tables, Bytes coded, MutableBytes elements) {
  if (coded.size() < kTablesMarkBytes) {
    return Status::kCoded;
  }
  CUTPOINT_TRY(decode_streams(tables.grid, tables.models[0], coded.from(kTablesMarkBytes), Bytes(), elements));
  levels_to_values(tables, elements);
  return Status::kOk;
}

void levels_to_values(const TensorTables& tables, MutableBytes levels) {
  for (uint8_t& level : levels) {
    level = tables.to_value[level];
  }
}

Status decode_streams(const LevelGrid& grid, const RansModel& model, Bytes coded, Bytes reference,
                      MutableBytes levels) {
  StreamDecoder decoder(grid, model, reference, levels);
  if (!model.sliced) {
    return decoder.decode(coded, nullptr, grid.channels);
  }
  const size_t head = 2 * static_cast<size_t>(model.groups);
  if (coded.size() < head) {
    return Status::kCoded;
  }
  size_t at = head;
  for (size_t group = 0; group < model.groups; ++group) {
    const size_t bytes = load_u16(coded.data() + 2 * group);
    if (coded.size() - at < bytes) {
      return Status::kCoded;
    }
    CUTPOINT_TRY(decode_channels(decoder, grid, model, group, coded.slice(at, bytes)));
    at += bytes;
  }
  return at == coded.size() ? Status::kOk : Status::kCoded;
}

Status decode_slice(const LevelGrid& grid, const RansModel& model, size_t group, Bytes stream, MutableBytes levels) {
  StreamDecoder decoder(grid, model, Bytes(), levels);
  return decode_channels(decoder, grid, model, group, stream);
}

}  // namespace cutpoint
