#include "flags.h"
#include "stream.h"

#define CUTPOINT_INLINE inline __attribute__((always_inline))

namespace cutpoint {
namespace {

// Which side of the zero point an element lies on: 0 where it is the zero point. The sum of both neighbours' says
// everything that a context asks.
constexpr uint32_t kAbove = 1;
constexpr uint32_t kBelow = 3;
constexpr uint32_t kSums = 2 * kBelow + 1;

// 5 is the sum of no two.
constexpr uint32_t neighbours_kept(uint32_t sum) { return sum == 5 ? 0 : sum % kBelow + sum / kBelow; }
constexpr bool like_above(uint32_t sum) { return sum == kAbove || sum == 2 * kAbove; }
constexpr bool like_below(uint32_t sum) { return sum == kBelow || sum == 2 * kBelow; }

// Everything that is looked up for an element lies together, and is the decoder's own: elements may be written without
// reading any of it again.
class StreamDecoder {
 public:
  StreamDecoder(const SlicerSettings& settings, const SlicerBlocks& blocks, const SlicerFrequencies& frequencies)
      : settings_(settings), zero_(settings.zero ^ settings.order_bit) {
    for (uint32_t sum = 0; sum < kSums; ++sum) {
      for (uint32_t recent = 0; recent < 2; ++recent) {
        kept_[sum][recent] = frequencies.kept[2 * neighbours_kept(sum) + recent];
      }
    }
    sign_ = frequencies.sign;
    uint32_t cells = 0;
    for (uint32_t j = 0; j < blocks.count; ++j) {
      const SlicerBlock& block = blocks.block[j];
      cut_[j] = {frequencies.more[j], static_cast<uint8_t>(block.empty() ? 0 : block.most_flags()),
                 static_cast<uint8_t>(block.escape_bits()), block.cells, static_cast<uint16_t>(cells)};
      for (uint32_t cell = 0; cell < block.cells; ++cell, ++cells) {
        ranks_[cells] = block.rank_of(cell);
      }
    }
    for (uint32_t order = 0; order < 256; ++order) {
      side_[order ^ settings.order_bit] =
          static_cast<uint8_t>(order < settings.zero ? kBelow : order > settings.zero ? kAbove : 0);
    }
  }

  // Not inlined: the tables above and what is in flight here are two frames of the stack.
  __attribute__((noinline)) Status decode(Bytes stream, MutableBytes elements) const {
    FlagReader reader(stream);
    const size_t row_elements = settings_.row_elements();
    uint8_t* at = elements.begin();
    for (size_t y = 0; y < settings_.height; ++y) {
      // Of the first pixel the left neighbours lie outside, of the first row the upper ones.
      Neighbour left = {&zero_, 0};
      Neighbour upper = {y != 0 ? at - row_elements : &zero_, y != 0 ? 1u : 0u};
      uint8_t* const second = at + settings_.channels;
      uint8_t* const end = at + row_elements;
      uint32_t recent = 0;
      for (uint8_t* run_end = second;; run_end = end) {
        if (!decode_run(reader, left, upper, run_end, recent, at)) {
          return Status::kCoded;
        }
        if (run_end == end) {
          break;
        }
        left = {second - settings_.channels, 1};
      }
    }
    return reader.finish();
  }

 private:
  struct Neighbour {
    const uint8_t* at;
    size_t step;  // 0: the zero point over and over
  };

  // From `at` on, which moves to `end` as the neighbours do. False for a block or cell that is not there.
  CUTPOINT_INLINE bool decode_run(FlagReader& shared, Neighbour left, Neighbour& upper, const uint8_t* end,
                                  uint32_t& recent, uint8_t*& at) const {
    FlagReader reader = shared;  // in registers
    uint32_t before = recent;
    for (; at != end; ++at, left.at += left.step, upper.at += upper.step) {
      const uint32_t sum = static_cast<uint32_t>(side_[*left.at]) + side_[*upper.at];
      const bool kept = reader.flag(kept_[sum][before != 0 ? 1 : 0]);
      before = before << 1 & kSlicerRecentMask;
      *at = zero_;
      if (kept) {
        before |= 1;
        if (!decode_value(reader, sum, *at)) {
          return false;
        }
      }
    }
    shared = reader;
    recent = before;
    return true;
  }

  CUTPOINT_INLINE bool decode_value(FlagReader& reader, uint32_t sum, uint8_t& element) const {
    bool below = settings_.floor_below != 0;
    if (settings_.both_sides()) {
      below = like_above(sum)   ? !reader.flag(sign_)
              : like_below(sum) ? reader.flag(sign_)
                                : reader.even(1) != 0;
    }
    const uint32_t j = settings_.block_bits != 0 ? reader.even(settings_.block_bits) : 0;
    const Cut& cut = cut_[j];
    uint32_t cell = 0;
    while (cell < cut.most_flags && reader.flag(cut.more)) {
      ++cell;
    }
    if (cell == kSlicerCellFlags) {
      cell += reader.even(cut.escape_bits);
    }
    if (cell >= cut.cells) {
      return false;
    }
    element = slicer_value(settings_, ranks_[cut.first + cell], below);
    return true;
  }

  // What a block's element is read by.
  struct Cut {
    uint8_t more;
    uint8_t most_flags;
    uint8_t escape_bits;
    uint16_t cells;
    uint16_t first;  // of its cells among all
  };

  const SlicerSettings settings_;
  const uint8_t zero_;
  uint8_t kept_[kSums][2];
  uint8_t sign_;
  Cut cut_[kSlicerMaxBlocks] = {};
  uint8_t side_[256];  // by element
  uint8_t ranks_[256];  // by cell: all blocks together have no more cells than there are ranks
};

}  // namespace

Status decode_flags(const SlicerSettings& settings, const SlicerBlocks& blocks, const SlicerFrequencies& frequencies,
                    Bytes stream, MutableBytes elements) {
  const StreamDecoder decoder(settings, blocks, frequencies);
  return decoder.decode(stream, elements);
}

}  // namespace cutpoint
