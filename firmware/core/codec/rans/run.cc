#include "run.h"

namespace cutpoint {
namespace {

// Of what a prediction is made. kMagnitude: of nothing, and the activity is against the zero level, which is the same
// for all. kAny, for changes: what the model says, asked for every element.
enum class RansGuess { kNone, kMagnitude, kOne, kAverage, kAny };

constexpr int32_t kNever = 1 << 16;  // above every activity

template <LevelSource kSource>
CUTPOINT_INLINE int32_t level_at(const uint8_t* to_level, const uint8_t* element) {
  return kSource == LevelSource::kTable ? to_level[*element] : static_cast<int8_t>(*element);
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
template <LevelSource kSource, RansGuess kGuess>
bool encode_run(const RansJob& job, const RansRun& run, RansWriter& out) {
  constexpr int32_t kBias = kSource == LevelSource::kKept ? 128 : 0;
  const RansModel& model = job.model;
  const uint8_t* const to_level = job.to_level;
  const int32_t reach_1 = model.contexts > 1 ? model.thresholds[0] : kNever;
  const int32_t reach_2 = model.contexts > 2 ? model.thresholds[1] : kNever;
  const int32_t reach_3 = model.contexts > 3 ? model.thresholds[2] : kNever;
  const int32_t zero = level_at<kSource>(to_level, job.strip);
  const RansChannel* const first = job.coded;
  const RansSums sums = job.sums;
  RansWriter writer = out;
  const uint8_t* here = run.here.at;
  const uint8_t* left = run.left.at;
  const uint8_t* upper = run.upper.at;
  const uint8_t* beside_left = run.beside_left.at;
  const uint8_t* beside_upper = run.beside_upper.at;
  const uint8_t* guess = run.guess.at;
  for (size_t pixels = run.pixels; pixels != 0; --pixels) {
    for (const RansChannel* next = first + job.coded_count; next != first;) {
      --next;
      const size_t channel = next->channel;
      const uint8_t* const* row = job.rows + next->row;
      const int32_t level = level_at<kSource>(to_level, here + channel);
      const int32_t a = level_at<kSource>(to_level, left + channel);
      const int32_t b = level_at<kSource>(to_level, upper + channel);
      int32_t symbol = level;
      if (kGuess == RansGuess::kNone || kGuess == RansGuess::kMagnitude) {
        symbol += kBias;
      } else if (kGuess == RansGuess::kAverage) {
        symbol -= (a + b) >> 1;
      } else if (kGuess == RansGuess::kOne) {
        symbol -= level_at<kSource>(to_level, guess + channel);
      } else if (model.prediction == Prediction::kNone) {
        symbol += kBias;
      } else if (model.prediction == Prediction::kAverage) {
        symbol -= (a + b) >> 1;
      } else {
        symbol -= level_at<kSource>(to_level, guess + channel);
      }
      const int32_t beside_a =
          kGuess == RansGuess::kMagnitude ? zero : level_at<kSource>(to_level, beside_left + channel);
      const int32_t beside_b =
          kGuess == RansGuess::kAny ? level_at<kSource>(to_level, beside_upper + channel) : beside_a;
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

template <LevelSource kSource>
EncodeRun encoder_from(const RansModel& model) {
  if (kSource == LevelSource::kKept && model.activity == Activity::kChange) {
    return encode_run<LevelSource::kKept, RansGuess::kAny>;
  }
  switch (model.prediction) {
    case Prediction::kNone:
      return model.activity == Activity::kMagnitude ? encode_run<kSource, RansGuess::kMagnitude>
                                                    : encode_run<kSource, RansGuess::kNone>;
    case Prediction::kAverage:
      return encode_run<kSource, RansGuess::kAverage>;
    default:
      return encode_run<kSource, RansGuess::kOne>;
  }
}

}  // namespace

EncodeRun encoder_of(LevelSource source, const RansModel& model) {
  return source == LevelSource::kKept ? encoder_from<LevelSource::kKept>(model)
                                      : encoder_from<LevelSource::kTable>(model);
}

}  // namespace cutpoint
