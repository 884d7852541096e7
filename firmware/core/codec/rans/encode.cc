#include "../../bytes.h"
#include "rans.h"

// A head on a chip spends its time here: everything below is written so that one element takes few instructions, and
// firmware/qemu counts them. What is decided per model or per pixel is decided outside of the loop over channels.
#define CUTPOINT_INLINE inline __attribute__((always_inline))

namespace cutpoint {
namespace {

// Where levels come from. kTable: elements through to_level. kKept: kept levels, or the elements of an int8 tensor
// that loses nothing, which are the same; arithmetic is on level - 128 then.
enum class Source { kTable, kKept, kKeptWithReference };

constexpr uint32_t kLimitMask = ~((kRansLow >> kFrequencyBits << 8) - 1);
constexpr int32_t kNever = 1 << 16;  // above every activity

// Everything that holds for the whole tensor.
struct Job {
  const uint8_t* elements;
  const uint8_t* reference;
  const uint8_t* to_level;
  const LevelGrid& grid;
  const RansModel& model;
  const uint8_t* rows[kMaxGroups * kMaxContexts];
};

template <Source kSource>
CUTPOINT_INLINE int32_t level_at(const uint8_t* to_level, const uint8_t* element) {
  return kSource == Source::kTable ? to_level[*element] : static_cast<int8_t>(*element);
}

CUTPOINT_INLINE int32_t distance(int32_t a, int32_t b) { return a < b ? b - a : a - b; }

// The state, and the bytes before it, last first.
class Writer {
 public:
  explicit CUTPOINT_INLINE Writer(MutableBytes out) : begin_(out.begin()), at_(out.end()), end_(out.end()) {}

  // False where the byte does not fit.
  CUTPOINT_INLINE bool symbol(uint32_t reciprocal, uint32_t packed) {
    const uint32_t limit = (packed << 7) & kLimitMask;  // frequency << 19
    while (state_ >= limit) {
      if (!shift_out()) {
        return false;
      }
    }
    // The state is below 2^31, so that twice of it fits, and frequency 1 needs no case of its own.
    const uint32_t twice = state_ << 1;
    const uint32_t quotient =
        static_cast<uint32_t>(static_cast<uint64_t>(twice) * reciprocal >> 32) >> shift_of(packed);
    state_ += quotient * (kFrequencySum - (limit >> 19)) + start_of(packed);
    return true;
  }

  CUTPOINT_INLINE bool even_bits(uint32_t level) {
    if (!shift_out()) {
      return false;
    }
    state_ = (state_ << 8) | level;
    return true;
  }

  // Bytes written in all, 0 where the state does not fit.
  CUTPOINT_INLINE size_t finish() {
    if (static_cast<size_t>(at_ - begin_) < kRansStateBytes) {
      return 0;
    }
    at_ -= kRansStateBytes;
    store_u32(at_, state_);
    return static_cast<size_t>(end_ - at_);
  }

 private:
  CUTPOINT_INLINE bool shift_out() {
    if (at_ == begin_) {
      return false;
    }
    *--at_ = static_cast<uint8_t>(state_ & 0xFFu);
    state_ >>= 8;
    return true;
  }

  uint8_t* begin_;
  uint8_t* at_;
  uint8_t* end_;
  uint32_t state_ = kRansLow;
};

// One stream: every channel, or the `listed` ones, ascending.
template <Source kSource>
size_t encode_stream(const Job& job, const uint8_t* listed, size_t count, MutableBytes out) {
  constexpr bool kKept = kSource != Source::kTable;
  constexpr bool kReference = kSource == Source::kKeptWithReference;
  const RansModel& model = job.model;
  const uint8_t* const to_level = job.to_level;
  const int32_t bias = kKept ? 128 : 0;
  const int32_t zero = static_cast<int32_t>(job.grid.zero) - bias;
  const int32_t levels = job.grid.levels;
  const size_t channels = job.grid.channels;
  const size_t row_bytes = channels * job.grid.width;

  // A prediction is ((a & use_left) + (b & use_upper) >> halve) + (r & use_reference) + none.
  const bool average = model.prediction == Prediction::kAverage;
  const int32_t use_left = average || model.prediction == Prediction::kLeft ? -1 : 0;
  const int32_t use_upper = average || model.prediction == Prediction::kUpper ? -1 : 0;
  const int32_t use_reference = model.prediction == Prediction::kReference ? -1 : 0;
  const int32_t halve = average ? 1 : 0;
  const int32_t none = model.prediction == Prediction::kNone ? -bias : 0;
  const bool alone = model.contexts == 1 && (use_left | use_upper) == 0;
  const bool many = model.contexts > 1;
  const bool gradient = model.activity == Activity::kGradient;
  const bool change = kReference && model.activity == Activity::kChange;
  const int32_t reach_1 = many ? model.thresholds[0] : kNever;
  const int32_t reach_2 = model.contexts > 2 ? model.thresholds[1] : kNever;
  const int32_t reach_3 = model.contexts > 3 ? model.thresholds[2] : kNever;
  const uint8_t* const group_of = model.group_of;

  Writer writer(out);
  const uint8_t* pixel = job.elements + job.grid.elements();
  const uint8_t* reference = job.reference + (kReference ? job.grid.elements() : 0);

  const auto code = [&](size_t channel, bool inside, bool has_left, bool has_upper)
                        __attribute__((always_inline)) {
    const int32_t level = level_at<kSource>(to_level, pixel + channel);
    const uint8_t* const* row = job.rows;
    if (group_of != nullptr) {
      row += kMaxContexts * group_of[channel];
    }
    int32_t predicted = none;
    if (kReference) {
      predicted += static_cast<int8_t>(reference[channel]) & use_reference;
    }
    if (!alone) {
      const uint8_t* const element = pixel + channel;
      const int32_t a = inside || has_left ? level_at<kSource>(to_level, element - channels) : zero;
      const int32_t b = inside || has_upper ? level_at<kSource>(to_level, element - row_bytes) : zero;
      predicted += ((a & use_left) + (b & use_upper)) >> halve;
      if (many) {
        int32_t beside_a = zero;
        int32_t beside_b = zero;
        if (gradient) {
          if (inside || (has_left && has_upper)) {
            beside_a = beside_b = level_at<kSource>(to_level, element - row_bytes - channels);
          }
        } else if (change) {
          const uint8_t* const before = reference + channel;
          beside_a = inside || has_left ? static_cast<int8_t>(*(before - channels)) : zero;
          beside_b = inside || has_upper ? static_cast<int8_t>(*(before - row_bytes)) : zero;
        }
        const int32_t activity = distance(a, beside_a) + distance(b, beside_b);
        if (activity >= reach_1) {
          ++row;
          if (activity >= reach_2) {
            ++row;
            if (activity >= reach_3) {
              ++row;
            }
          }
        }
      }
    }
    const RansTable table(*row);
    const uint32_t symbols = table.symbols();
    int32_t symbol = level - predicted + static_cast<int32_t>(table.offset());
    if (static_cast<uint32_t>(symbol) >= symbols) {
      if (symbol < 0) {
        symbol += levels;
      } else if (symbol >= levels) {
        symbol -= levels;
      }
      if (static_cast<uint32_t>(symbol) >= symbols) {
        if (!writer.even_bits(static_cast<uint32_t>(level + bias))) {
          return false;
        }
        symbol = static_cast<int32_t>(symbols);
      }
    }
    return writer.symbol(table.reciprocal(static_cast<uint32_t>(symbol)), table.packed(static_cast<uint32_t>(symbol)));
  };

  for (size_t y = job.grid.height; y-- != 0;) {
    for (size_t x = job.grid.width; x-- != 0;) {
      pixel -= channels;
      reference -= kReference ? channels : 0;
      const bool has_left = x != 0;
      const bool has_upper = y != 0;
      if (has_left && has_upper) {
        for (size_t i = count; i-- != 0;) {
          if (!code(listed != nullptr ? listed[i] : i, true, true, true)) {
            return 0;
          }
        }
      } else {
        for (size_t i = count; i-- != 0;) {
          if (!code(listed != nullptr ? listed[i] : i, false, has_left, has_upper)) {
            return 0;
          }
        }
      }
    }
  }
  return writer.finish();
}

template <Source kSource>
size_t encode_all(Job& job, MutableBytes out) {
  locate_tables(job.model, job.grid.levels, job.rows);
  if (!job.model.sliced) {
    return encode_stream<kSource>(job, nullptr, job.grid.channels, out);
  }
  const size_t head = 2 * static_cast<size_t>(job.model.groups);
  if (out.size() < head) {
    return 0;
  }
  // The last slice first, so that the first one comes to lie in front.
  MutableBytes left = out.from(head);
  uint16_t sizes[kMaxGroups];
  for (size_t group = job.model.groups; group-- != 0;) {
    uint8_t listed[kMaxSlicedChannels];
    const size_t count = list_channels(job.model, job.grid.channels, group, listed);
    const size_t bytes = encode_stream<kSource>(job, listed, count, left);
    if (bytes == 0 || bytes > UINT16_MAX) {
      return 0;
    }
    sizes[group] = static_cast<uint16_t>(bytes);
    left = left.first(left.size() - bytes);
  }
  uint8_t* const at = left.end() - head;
  for (size_t group = 0; group < job.model.groups; ++group) {
    store_u16(at + 2 * group, sizes[group]);
  }
  return static_cast<size_t>(out.end() - at);
}

// An int8 tensor with a level for every value, in their order: its elements are kept levels.
bool keeps_int8(const LevelGrid& grid, const uint8_t* to_level) {
  if (grid.levels != 256) {
    return false;
  }
  for (uint32_t i = 0; i < 256; ++i) {
    if (to_level[i] != (i ^ kKeptLevelBit)) {
      return false;
    }
  }
  return true;
}

}  // namespace

size_t encode_streams(const LevelGrid& grid, const RansModel& model, const uint8_t* to_level, Bytes elements,
                      MutableBytes out) {
  Job job = {elements.data(), nullptr, to_level, grid, model, {}};
  return keeps_int8(grid, to_level) ? encode_all<Source::kKept>(job, out) : encode_all<Source::kTable>(job, out);
}

size_t encode_kept_levels(const LevelGrid& grid, const RansModel& model, Bytes kept, Bytes reference,
                          MutableBytes out) {
  Job job = {kept.data(), reference.data(), nullptr, grid, model, {}};
  return reference.empty() ? encode_all<Source::kKept>(job, out) : encode_all<Source::kKeptWithReference>(job, out);
}

}  // namespace cutpoint
