#include "rans_decoder.h"

#include <cstddef>
#include <thread>

#include "bytes.h"

namespace cutpoint {
namespace {

// How many channels are read until it is asked whether a stream has ended, and what they may read behind it: two bytes
// a symbol, one a level of its own, and two that are looked at.
constexpr size_t kUnasked = 64;
constexpr size_t kBehind = kUnasked * 3 + 2;
// A second thread takes some 50 us to begin; this many bytes take one thread some milliseconds.
constexpr size_t kSharedBytes = size_t{1} << 19;

uint32_t wrapped(uint32_t level, uint32_t levels) { return level >= levels ? level - levels : level; }

struct State {
  uint32_t value = kRansLow;
  const uint8_t* at = nullptr;

  // Without a branch: whether bytes are missing, and how many, is as good as random. The value is below 2^31, so that
  // the sign of a difference tells which is less; a compiler would branch on a comparison.
  void fill() {
    const uint32_t missing = (((value - kRansLow) >> 31) + ((value - (kRansLow >> 8)) >> 31)) * 8;
    const uint32_t next = static_cast<uint32_t>(at[0]) << 8 | at[1];
    value = value << missing | next >> (16 - missing);
    at += missing / 8;
  }
};

}  // namespace

// Tensors that are decoded in lockstep: of each element, the levels of all lanes lie beside each other.
template <size_t kLanes>
struct RansDecoder::Work {
  explicit Work(const LevelGrid& grid, bool changes)
      : pixel(static_cast<size_t>(grid.channels) * kLanes),
        line((static_cast<size_t>(grid.width) + 1) * pixel),
        first(line + pixel),
        levels(line * (static_cast<size_t>(grid.height) + 1), grid.zero),
        reference(changes ? levels : std::vector<uint8_t>()),
        predicted(pixel),
        context(pixel) {}

  void read_reference(const LevelGrid& grid, size_t lane, Bytes from) {
    for (size_t i = 0, y = 0; y < grid.height; ++y) {
      uint8_t* const to = reference.data() + first + y * line + lane;
      for (size_t j = 0; j < line - pixel; j += kLanes, ++i) {
        to[j] = from[i];
      }
    }
  }

  void write_levels(const LevelGrid& grid, size_t lane, MutableBytes to) const {
    for (size_t i = 0, y = 0; y < grid.height; ++y) {
      const uint8_t* const from = levels.data() + first + y * line + lane;
      for (size_t j = 0; j < line - pixel; j += kLanes, ++i) {
        to[i] = from[j];
      }
    }
  }

  void begin(size_t lane, Bytes stream) {
    State& state = states[lane];
    state = {kRansLow, stream.data()};
    ends[lane] = stream.end();
    if (stream.size() >= kRansStateBytes) {
      state = {load_u32(stream.data()), stream.data() + kRansStateBytes};
    }
    if (stream.size() < kRansStateBytes || state.value < kRansLow || state.value >> 8 >= kRansLow) {
      bad[lane] = true;
      state.value = kRansLow;
    }
  }

  void check_ends() {
    for (size_t i = 0; i < kLanes; ++i) {
      if (states[i].at > ends[i]) {
        bad[i] = true;
        states[i].at = ends[i];
      }
    }
  }

  size_t pixel, line;  // bytes from one to the next; a border of zero levels lies above, and before each line
  size_t first;        // where the first element is
  std::vector<uint8_t> levels;
  std::vector<uint8_t> reference;
  std::vector<uint8_t> predicted, context;  // of one pixel
  State states[kLanes];
  const uint8_t* ends[kLanes] = {};
  bool bad[kLanes] = {};
};

RansDecoder::RansDecoder(const LevelGrid& grid, const RansModel& model)
    : grid_(grid), model_(model), tables_(kMaxGroups * kMaxContexts) {
  const uint8_t* rows[kMaxGroups * kMaxContexts];
  locate_tables(model, grid.levels, rows);
  slots_.resize(static_cast<size_t>(model.groups) * kMaxContexts * kFrequencySum);
  for (size_t group = 0; group < model.groups; ++group) {
    for (size_t context = 0; context < model.contexts; ++context) {
      const size_t row = kMaxContexts * group + context;
      const RansTable table(rows[row]);
      const uint32_t symbols = table.symbols();
      const bool escapes = symbols < grid.levels;
      tables_[row] = Table{escapes ? start_of(table.packed(symbols)) : kFrequencySum, symbols, table.offset()};
      uint32_t* to = slots_.data() + row * kFrequencySum;
      for (uint32_t symbol = 0; symbol < symbols + (escapes ? 1 : 0); ++symbol) {
        const uint32_t frequency = frequency_of(table.packed(symbol));
        const uint32_t step = wrapped(symbol % grid.levels + grid.levels - table.offset(), grid.levels);
        for (uint32_t slot = 0; slot < frequency; ++slot) {
          *to++ = step | (frequency - 1) << 8 | slot << 20;
        }
      }
    }
  }
  streams_.resize(model.sliced ? model.groups : 1);
  for (size_t channel = 0; channel < grid.channels; ++channel) {
    const size_t group = model.group_of != nullptr ? model.group_of[channel] : 0;
    streams_[model.sliced ? group : 0].push_back(
        {static_cast<uint16_t>(channel), static_cast<uint16_t>(kMaxContexts * group)});
  }
}

// Predictions and contexts of a pixel's channels come from pixels before it alone: all at once, for vector units.
template <size_t kLanes>
void RansDecoder::expect(Work<kLanes>& work, size_t pixel) const {
  const size_t count = work.pixel;
  const uint8_t* const here = work.levels.data() + pixel;
  const uint8_t* const left = here - work.pixel;
  const uint8_t* const upper = here - work.line;
  const uint8_t* const corner = upper - work.pixel;
  const uint8_t* const reference = work.reference.data() + (work.reference.empty() ? 0 : pixel);
  uint8_t* const predicted = work.predicted.data();
  uint8_t* const context = work.context.data();
  switch (model_.prediction) {
    case Prediction::kNone:
      break;
    case Prediction::kLeft:
      copy_bytes(predicted, left, count);
      break;
    case Prediction::kUpper:
      copy_bytes(predicted, upper, count);
      break;
    case Prediction::kAverage:
      for (size_t i = 0; i < count; ++i) {
        predicted[i] = static_cast<uint8_t>((left[i] + upper[i]) >> 1);
      }
      break;
    case Prediction::kReference:
      copy_bytes(predicted, reference, count);
      break;
  }
  if (model_.contexts == 1) {
    return;
  }
  constexpr int kNever = 1024;
  const int16_t reach_1 = model_.thresholds[0];
  const int16_t reach_2 = static_cast<int16_t>(model_.contexts > 2 ? model_.thresholds[1] : kNever);
  const int16_t reach_3 = static_cast<int16_t>(model_.contexts > 3 ? model_.thresholds[2] : kNever);
  const auto choose = [&](size_t i, int beside_left, int beside_upper) {
    const int apart_left = left[i] - beside_left;
    const int apart_upper = upper[i] - beside_upper;
    const int16_t activity = static_cast<int16_t>((apart_left < 0 ? -apart_left : apart_left) +
                                                  (apart_upper < 0 ? -apart_upper : apart_upper));
    context[i] = static_cast<uint8_t>((activity >= reach_1 ? 1 : 0) + (activity >= reach_2 ? 1 : 0) +
                                      (activity >= reach_3 ? 1 : 0));
  };
  switch (model_.activity) {
    case Activity::kMagnitude:
      for (size_t i = 0; i < count; ++i) {
        choose(i, grid_.zero, grid_.zero);
      }
      break;
    case Activity::kGradient:
      for (size_t i = 0; i < count; ++i) {
        choose(i, corner[i], corner[i]);
      }
      break;
    case Activity::kChange:
      for (size_t i = 0; i < count; ++i) {
        choose(i, (reference - work.pixel)[i], (reference - work.line)[i]);
      }
      break;
  }
}

template <size_t kLanes>
void RansDecoder::decode_stream(Work<kLanes>& work, const Stream& stream) const {
  const uint32_t levels = grid_.levels;
  const uint8_t* const predicted = work.predicted.data();
  const uint8_t* const context = work.context.data();
  const uint32_t* const slots = slots_.data();
  const Table* const tables = tables_.data();
  for (size_t y = 0; y < grid_.height; ++y) {
    for (size_t x = 0; x < grid_.width; ++x) {
      const size_t pixel = work.first + y * work.line + x * work.pixel;
      expect(work, pixel);
      uint8_t* const here = work.levels.data() + pixel;
      for (size_t begin = 0; begin < stream.size(); begin += kUnasked) {
        const size_t end = stream.size() - begin < kUnasked ? stream.size() : begin + kUnasked;
        State states[kLanes];  // a copy that no store of a level could touch
        for (size_t lane = 0; lane < kLanes; ++lane) {
          states[lane] = work.states[lane];
        }
        for (size_t i = begin; i < end; ++i) {
          const size_t element = stream[i].channel * kLanes;
          const uint32_t row = stream[i].row;
#pragma GCC unroll 8
          for (size_t lane = 0; lane < kLanes; ++lane) {
            State& state = states[lane];
            const uint32_t which = row + context[element + lane];
            const uint32_t at = state.value & (kFrequencySum - 1);
            const uint32_t slot = slots[which << kFrequencyBits | at];
            state.value = ((slot >> 8 & 0xFFFu) + 1) * (state.value >> kFrequencyBits) + (slot >> 20);
            state.fill();
            uint32_t level = wrapped((slot & 0xFFu) + predicted[element + lane], levels);
            if (at >= tables[which].escape) {
              const Table& table = tables[which];
              level = state.value & 0xFFu;
              state.value >>= 8;
              state.fill();
              // An encoder escapes only what has no symbol of its own.
              const uint32_t apart = level + levels - predicted[element + lane];
              if (level >= levels || wrapped(wrapped(apart, levels) + table.offset, levels) < table.symbols) {
                work.bad[lane] = true;
                level = grid_.zero;
              }
            }
            here[element + lane] = static_cast<uint8_t>(level);
          }
        }
        for (size_t lane = 0; lane < kLanes; ++lane) {
          work.states[lane] = states[lane];
        }
        work.check_ends();
      }
    }
  }
}

template <size_t kLanes>
void RansDecoder::decode_lanes(RansJob* jobs) const {
  Work<kLanes> work(grid_, !jobs[0].reference.empty());
  std::vector<uint8_t> coded[kLanes];
  size_t next[kLanes];  // where the next stream begins
  const size_t head = model_.sliced ? 2 * static_cast<size_t>(model_.groups) : 0;
  for (size_t i = 0; i < kLanes; ++i) {
    const Bytes given = jobs[i].coded;
    coded[i].reserve(given.size() + head + kBehind);
    coded[i].assign(given.begin(), given.end());
    coded[i].resize(given.size() + head + kBehind);
    work.bad[i] = given.size() < head;
    next[i] = head;
    if (!jobs[i].reference.empty()) {
      work.read_reference(grid_, i, jobs[i].reference);
    }
  }
  for (size_t number = 0; number < streams_.size(); ++number) {
    for (size_t i = 0; i < kLanes; ++i) {
      const size_t left = jobs[i].coded.size() < next[i] ? 0 : jobs[i].coded.size() - next[i];
      size_t bytes = model_.sliced ? load_u16(coded[i].data() + 2 * number) : left;
      if (bytes > left) {
        work.bad[i] = true;
        bytes = left;
      }
      work.begin(i, Bytes(coded[i].data() + next[i], bytes));
      next[i] += bytes;
    }
    decode_stream(work, streams_[number]);
    for (size_t i = 0; i < kLanes; ++i) {
      work.bad[i] = work.bad[i] || work.states[i].value != kRansLow || work.states[i].at != work.ends[i];
    }
  }
  for (size_t i = 0; i < kLanes; ++i) {
    const bool whole = next[i] == jobs[i].coded.size() && !work.bad[i];
    jobs[i].status = whole ? Status::kOk : Status::kCoded;
    work.write_levels(grid_, i, jobs[i].levels);
  }
}

void RansDecoder::decode(RansJob* jobs, size_t count) const {
  constexpr size_t kLanes = 4;
  size_t at = 0;
  for (; count - at >= kLanes; at += kLanes) {
    decode_lanes<kLanes>(jobs + at);
  }
  for (; at < count; ++at) {
    decode_lanes<1>(jobs + at);
  }
}

void RansDecoder::decode_batch(RansJob* jobs, size_t count) const {
  if (count * grid_.elements() < kSharedBytes || std::thread::hardware_concurrency() < 2) {
    decode(jobs, count);
    return;
  }
  const size_t half = count / 2;
  std::thread other([&] { decode(jobs, half); });
  decode(jobs + half, count - half);
  other.join();
}

}  // namespace cutpoint
