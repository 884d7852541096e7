// A model of codec rans as it stands in codec.tables (docs/codecs.md, "A model"): which symbol an element becomes, and
// how frequent that symbol is.
#ifndef CUTPOINT_CODEC_RANS_MODEL_H_
#define CUTPOINT_CODEC_RANS_MODEL_H_

#include <stddef.h>
#include <stdint.h>

#include "../../span.h"
#include "../../status.h"

// For what the encoder does with every element: compiled for size as well it must be no call, and a state must not live in
// memory.
#define CUTPOINT_INLINE inline __attribute__((always_inline))

namespace cutpoint {

enum class Prediction : uint8_t { kNone = 0, kLeft = 1, kUpper = 2, kAverage = 3, kReference = 4 };
enum class Activity : uint8_t { kMagnitude = 0, kGradient = 1, kChange = 2 };

constexpr size_t kMaxContexts = 4;
constexpr size_t kMaxGroups = 16;
constexpr size_t kMaxSlicedChannels = 256;  // an encoder lists the channels of a slice on its stack
constexpr size_t kTableHeadBytes = 4;       // of one table: u16 symbols, u16 offset
constexpr size_t kEntryBytes = 8;           // of one symbol: u32 reciprocal, u32 start | frequency << 12 | shift << 25
constexpr uint32_t kFrequencyBits = 12;
constexpr uint32_t kFrequencySum = 1u << kFrequencyBits;

// The tensor whose levels are coded: channels last, `levels` of them (M), and the one that stands for what is outside.
struct LevelGrid {
  uint16_t height;
  uint16_t width;
  uint16_t channels;
  uint16_t levels;  // 1 to 256
  uint8_t zero;     // below `levels`

  size_t elements() const { return static_cast<size_t>(height) * width * channels; }
};

// Points into the file of tables, which outlives it. Checked by read_model, once.
struct RansModel {
  Prediction prediction = Prediction::kNone;
  Activity activity = Activity::kMagnitude;
  uint8_t contexts = 1;
  uint8_t groups = 1;
  bool sliced = false;
  uint8_t thresholds[kMaxContexts - 1] = {};
  const uint8_t* group_of = nullptr;  // by channel; null with one group
  const uint8_t* tables = nullptr;    // the contexts of group 0 first; at a multiple of 4
};

// One table of frequencies, where it lies.
class RansTable {
 public:
  explicit CUTPOINT_INLINE RansTable(const uint8_t* at) : at_(at) {}

  CUTPOINT_INLINE uint32_t symbols() const { return half(0); }  // without the escape
  CUTPOINT_INLINE uint32_t offset() const { return half(2); }
  CUTPOINT_INLINE uint32_t reciprocal(uint32_t symbol) const { return word(kTableHeadBytes + kEntryBytes * symbol); }
  CUTPOINT_INLINE uint32_t packed(uint32_t symbol) const { return word(kTableHeadBytes + kEntryBytes * symbol + 4); }
  // `levels` as in the grid: the escape has an entry where not every level has one.
  size_t bytes(uint32_t levels) const {
    return kTableHeadBytes + kEntryBytes * (symbols() + (symbols() < levels ? 1u : 0u));
  }
  const uint8_t* data() const { return at_; }

 private:
  // Whole halves and words, since the file lies at a multiple of 4 and every target is little-endian.
  CUTPOINT_INLINE uint32_t half(size_t offset) const {
    uint16_t value;
    __builtin_memcpy(&value, __builtin_assume_aligned(at_ + offset, 2), sizeof value);
    return value;
  }
  CUTPOINT_INLINE uint32_t word(size_t offset) const {
    uint32_t value;
    __builtin_memcpy(&value, __builtin_assume_aligned(at_ + offset, 4), sizeof value);
    return value;
  }

  const uint8_t* at_;
};

constexpr uint32_t start_of(uint32_t packed) { return packed & (kFrequencySum - 1); }
constexpr uint32_t frequency_of(uint32_t packed) { return packed << 7 >> 19; }
constexpr uint32_t shift_of(uint32_t packed) { return packed >> 25; }

// Reads one model from the front of `block`, which lies at a multiple of 4, and says how many bytes it takes. Everything
// is checked: groups and offsets in range, thresholds ascending, every frequency at least 1 with its reciprocal, sums of
// 4,096. `changes`: a model of codec delta's changes, which may refer to a frame before. kTruncated, kNumber, kReserved.
Status read_model(Bytes block, const LevelGrid& grid, bool changes, RansModel& model, size_t& bytes);

// The same of a model that read_model has let through before: nothing is checked again. Returns how many bytes it takes.
size_t read_known_model(const uint8_t* block, const LevelGrid& grid, RansModel& model);

// Writes where each table lies: contexts of group g from [kMaxContexts * g] on.
void locate_tables(const RansModel& model, uint32_t levels, const uint8_t* (&rows)[kMaxGroups * kMaxContexts]);

// The channels of a slice, ascending; returns how many. The model is sliced.
size_t list_channels(const RansModel& model, size_t channels, size_t group, uint8_t (&listed)[kMaxSlicedChannels]);

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_RANS_MODEL_H_
