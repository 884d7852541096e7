#include "../../bytes.h"
#include "rans.h"
#include "writer.h"

namespace cutpoint {
namespace {

// Where levels come from. kTable: elements through to_level. kKept: kept levels, or the elements of an int8 tensor
// that loses nothing, which are the same; arithmetic is on level - 128 then.
enum class Source { kTable, kKept };
// Of what a prediction is made. kAny, for changes: what the model says, asked for every element.
enum class Guess { kNone, kOne, kAverage, kAny };

constexpr size_t kBlockChannels = kMaxSlicedChannels;
constexpr int32_t kNever = 1 << 16;  // above every activity

// A channel that is coded, counted from the first of its block, and where the tables of its group lie in the rows.
struct Coded {
  uint8_t channel;
  uint8_t row;
};
static_assert(kMaxGroups * kMaxContexts <= 256, "a row fits a byte");

// The elements of a run: a block of channels of the first of `pixels` pixels, and their neighbours. Neighbours outside
// of the tensor lie in a strip of zero levels, where the next pixel's lie in the same place.
struct Run {
  struct Line {
    const uint8_t* at;
    size_t step;
  };
  Line here, left, upper;
  Line beside_left, beside_upper;  // what left and upper are held against for the activity
  Line guess;                      // the neighbour that the prediction is, if it is one
  size_t pixels;
};

// What holds for a whole tensor. Its arrays are filled before they are read, and only as far as they are.
struct Job {
  Job(const LevelGrid& own_grid, const RansModel& own_model, const uint8_t* levels, Bytes data, Bytes before)
      : elements(data.data()), reference(before.data()), to_level(levels), grid(own_grid), model(own_model) {}

  const uint8_t* elements;
  const uint8_t* reference;  // null without one
  const uint8_t* to_level;
  const LevelGrid& grid;
  const RansModel& model;
  RansSums sums;
  const uint8_t* rows[kMaxGroups * kMaxContexts];
  uint8_t strip[kBlockChannels];  // elements of the zero level
  Coded coded[kBlockChannels];
  size_t coded_count = 0;
};

template <Source kSource>
CUTPOINT_INLINE int32_t level_at(const uint8_t* to_level, const uint8_t* element) {
  return kSource == Source::kTable ? to_level[*element] : static_cast<int8_t>(*element);
}

CUTPOINT_INLINE int32_t distance(int32_t a, int32_t b) { return a < b ? b - a : a - b; }

// A symbol of (-levels, 2 * levels) as one of [0, levels).
CUTPOINT_INLINE uint32_t wrapped(uint32_t symbol, uint32_t levels) {
  if (static_cast<int32_t>(symbol) < 0) {
    return symbol + levels;
  }
  return symbol >= levels ? symbol - levels : symbol;
}

// A chip spends its time here. So that few values are alive in the loop over channels, it is compiled for each kind of
// source and guess, and nothing in it asks for borders, groups or slices. firmware/qemu counts the instructions.
template <Source kSource, Guess kGuess>
bool encode_run(const Job& job, const Run& run, RansWriter& out) {
  constexpr int32_t kBias = kSource == Source::kKept ? 128 : 0;
  const RansModel& model = job.model;
  const uint8_t* const to_level = job.to_level;
  const int32_t reach_1 = model.contexts > 1 ? model.thresholds[0] : kNever;
  const int32_t reach_2 = model.contexts > 2 ? model.thresholds[1] : kNever;
  const int32_t reach_3 = model.contexts > 3 ? model.thresholds[2] : kNever;
  const Coded* const first = job.coded;
  const RansSums sums = job.sums;
  RansWriter writer = out;
  const uint8_t* here = run.here.at;
  const uint8_t* left = run.left.at;
  const uint8_t* upper = run.upper.at;
  const uint8_t* beside_left = run.beside_left.at;
  const uint8_t* beside_upper = run.beside_upper.at;
  const uint8_t* guess = run.guess.at;
  for (size_t pixels = run.pixels; pixels != 0; --pixels) {
    for (const Coded* next = first + job.coded_count; next != first;) {
      --next;
      const size_t channel = next->channel;
      const uint8_t* const* row = job.rows + next->row;
      const int32_t level = level_at<kSource>(to_level, here + channel);
      const int32_t a = level_at<kSource>(to_level, left + channel);
      const int32_t b = level_at<kSource>(to_level, upper + channel);
      int32_t symbol = level;
      if (kGuess == Guess::kNone) {
        symbol += kBias;
      } else if (kGuess == Guess::kAverage) {
        symbol -= (a + b) >> 1;
      } else if (kGuess == Guess::kOne) {
        symbol -= level_at<kSource>(to_level, guess + channel);
      } else if (model.prediction == Prediction::kNone) {
        symbol += kBias;
      } else if (model.prediction == Prediction::kAverage) {
        symbol -= (a + b) >> 1;
      } else {
        symbol -= level_at<kSource>(to_level, guess + channel);
      }
      const int32_t beside_a = level_at<kSource>(to_level, beside_left + channel);
      const int32_t beside_b =
          kGuess == Guess::kAny ? level_at<kSource>(to_level, beside_upper + channel) : beside_a;
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
      const RansTable table(*row);
      const uint32_t symbols = table.symbols();
      uint32_t coded = static_cast<uint32_t>(symbol) + table.offset();
      if (coded >= symbols) {
        coded = wrapped(coded, job.grid.levels);
        if (coded >= symbols) {
          if (!writer.even_bits(static_cast<uint32_t>(level + kBias))) {
            return false;
          }
          coded = symbols;
        }
      }
      if (!writer.symbol(table.reciprocal(coded), table.packed(coded), sums)) {
        return false;
      }
    }
    here -= run.here.step;
    left -= run.left.step;
    upper -= run.upper.step;
    beside_left -= run.beside_left.step;
    beside_upper -= run.beside_upper.step;
    guess -= run.guess.step;
  }
  out = writer;
  return true;
}

using EncodeRun = bool (*)(const Job&, const Run&, RansWriter&);

template <Source kSource>
EncodeRun encoder_of(const RansModel& model) {
  if (kSource == Source::kKept && model.activity == Activity::kChange) {
    return encode_run<Source::kKept, Guess::kAny>;
  }
  switch (model.prediction) {
    case Prediction::kNone:
      return encode_run<kSource, Guess::kNone>;
    case Prediction::kAverage:
      return encode_run<kSource, Guess::kAverage>;
    default:
      return encode_run<kSource, Guess::kOne>;
  }
}

// The run that ends with pixel (y, x), whose block begins at channel `first`; it goes `pixels` to the left.
Run run_at(const Job& job, size_t y, size_t x, size_t first, size_t pixels) {
  const size_t pixel = job.grid.channels;
  const size_t line = pixel * job.grid.width;
  const size_t at = y * line + x * pixel + first;
  const bool has_left = x != 0;
  const bool has_upper = y != 0;
  const uint8_t* const here = job.elements + at;
  const Run::Line strip = {job.strip, 0};
  Run run = {{here, pixel}, strip, strip, strip, strip, strip, pixels};
  if (has_left) {
    run.left = {here - pixel, pixel};
  }
  if (has_upper) {
    run.upper = {here - line, pixel};
  }
  if (job.model.activity == Activity::kGradient && has_left && has_upper) {
    run.beside_left = run.beside_upper = {here - line - pixel, pixel};
  }
  if (job.model.activity == Activity::kChange) {
    run.beside_left = has_left ? Run::Line{job.reference + at - pixel, pixel} : strip;
    run.beside_upper = has_upper ? Run::Line{job.reference + at - line, pixel} : strip;
  }
  if (job.model.prediction == Prediction::kLeft) {
    run.guess = run.left;
  } else if (job.model.prediction == Prediction::kUpper) {
    run.guess = run.upper;
  } else if (job.model.prediction == Prediction::kReference) {
    run.guess = {job.reference + at, pixel};
  }
  return run;
}

constexpr size_t kEveryGroup = kMaxGroups;

// Notes the channels [first, first + count) that are of the group.
void choose_channels(Job& job, size_t first, size_t count, size_t group) {
  job.coded_count = 0;
  for (size_t channel = 0; channel < count; ++channel) {
    const size_t own = job.model.group_of != nullptr ? job.model.group_of[first + channel] : 0;
    if (group == kEveryGroup || group == own) {
      job.coded[job.coded_count] = {static_cast<uint8_t>(channel), static_cast<uint8_t>(kMaxContexts * own)};
      ++job.coded_count;
    }
  }
}

// One stream, of all channels or those of a group, at the end of `out`; returns its bytes, or 0.
size_t encode_stream(Job& job, EncodeRun encode_run, size_t group, MutableBytes out) {
  const size_t channels = job.grid.channels;
  const bool whole = channels <= kBlockChannels;
  RansWriter writer(out);
  if (whole) {
    choose_channels(job, 0, channels, group);
  }
  for (size_t y = job.grid.height; y-- != 0;) {
    for (size_t x = job.grid.width; x-- != 0;) {
      if (whole) {
        // All pixels that have a left neighbour at once.
        Run run = run_at(job, y, x, 0, x != 0 ? x : 1);
        if (job.coded_count != 0 && !encode_run(job, run, writer)) {
          return 0;
        }
        x = x != 0 ? 1 : 0;
        continue;
      }
      for (size_t end = channels; end != 0;) {
        const size_t count = (end - 1) % kBlockChannels + 1;
        end -= count;
        choose_channels(job, end, count, group);
        Run run = run_at(job, y, x, end, 1);
        if (!encode_run(job, run, writer)) {
          return 0;
        }
      }
    }
  }
  return writer.finish();
}

size_t encode_slices(Job& job, EncodeRun encode_run, MutableBytes out) {
  const size_t head = 2 * static_cast<size_t>(job.model.groups);
  if (out.size() < head) {
    return 0;
  }
  // The last slice first, so that the first one comes to lie in front.
  MutableBytes left = out.from(head);
  uint16_t sizes[kMaxGroups];
  for (size_t group = job.model.groups; group-- != 0;) {
    const size_t bytes = encode_stream(job, encode_run, group, left);
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

size_t encode_all(Job& job, EncodeRun encode_run, uint8_t zero_element, MutableBytes out) {
  locate_tables(job.model, job.grid.levels, job.rows);
  fill_bytes(job.strip, zero_element, job.grid.channels < kBlockChannels ? job.grid.channels : kBlockChannels);
  return job.model.sliced ? encode_slices(job, encode_run, out) : encode_stream(job, encode_run, kEveryGroup, out);
}

// An int8 tensor with a level for every value, in their order: its elements are kept levels. Asked by words where the
// table lies at one, as it does in a file.
bool keeps_int8(const LevelGrid& grid, const uint8_t* to_level) {
  if (grid.levels != 256) {
    return false;
  }
  uint32_t expected = 0x83828180u;
  if (reinterpret_cast<uintptr_t>(to_level) % 4 != 0) {
    for (uint32_t i = 0; i < 256; ++i) {
      if (to_level[i] != (i ^ kKeptLevelBit)) {
        return false;
      }
    }
    return true;
  }
  for (uint32_t i = 0; i < 256; i += 4, expected += 0x04040404u) {
    // At 128 every byte has run over into the next one: all begin again.
    expected = i == 128 ? 0x03020100u : expected;
    uint32_t word;
    __builtin_memcpy(&word, __builtin_assume_aligned(to_level + i, 4), sizeof word);
    if (word != expected) {
      return false;
    }
  }
  return true;
}

}  // namespace

size_t encode_rans(const TensorTables& tables, Bytes elements, MutableBytes out) {
  if (out.size() < kTablesMarkBytes) {
    return 0;
  }
  const size_t streams =
      encode_streams(tables.grid, tables.models[0], tables.to_level, elements, out.from(kTablesMarkBytes));
  if (streams == 0) {
    return 0;
  }
  store_u16(out.end() - streams - kTablesMarkBytes, tables.mark);
  return kTablesMarkBytes + streams;
}

size_t encode_streams(const LevelGrid& grid, const RansModel& model, const uint8_t* to_level, Bytes elements,
                      MutableBytes out) {
  Job job(grid, model, to_level, elements, Bytes());
  if (keeps_int8(grid, to_level)) {
    return encode_all(job, encoder_of<Source::kKept>(model), grid.zero ^ kKeptLevelBit, out);
  }
  for (uint32_t i = 0; i < 256; ++i) {
    if (to_level[i] == grid.zero) {
      return encode_all(job, encoder_of<Source::kTable>(model), static_cast<uint8_t>(i), out);
    }
  }
  return 0;
}

size_t encode_kept_levels(const LevelGrid& grid, const RansModel& model, Bytes kept, Bytes reference,
                          MutableBytes out) {
  Job job(grid, model, nullptr, kept, reference);
  return encode_all(job, encoder_of<Source::kKept>(model), grid.zero ^ kKeptLevelBit, out);
}

}  // namespace cutpoint
