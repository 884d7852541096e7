#include "../../bytes.h"
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
      : settings_(settings) {
    for (uint32_t sum = 0; sum < kSums; ++sum) {
      for (uint32_t recent = 0; recent <= kSlicerRecentMask; ++recent) {
        kept_[sum][recent] = frequencies.kept[2 * neighbours_kept(sum) + (recent != 0 ? 1 : 0)];
      }
    }
    for (uint32_t sum = 0; sum < kSums; ++sum) {
      sign_[sum] = like_above(sum) || like_below(sum) ? frequencies.sign : kEvenSign;
      one_is_above_[sum] = like_above(sum);
    }
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
    fill_bytes(elements.data(), settings_.zero ^ settings_.order_bit, elements.size());
    // How far back the neighbours are. Where they lie outside it is 0: an element that is still to come is the zero point.
    size_t upper = 0;
    uint8_t* at = elements.begin();
    for (size_t y = 0; y < settings_.height; ++y, upper = row_elements) {
      uint32_t recent = 0;
      size_t left = 0;
      for (size_t done = 0; done != row_elements; left = settings_.channels) {
        const size_t count = left == 0 ? settings_.channels : row_elements - done;
        if (!decode_run(reader, left, upper, at, at + count, recent)) {
          return Status::kCoded;
        }
        at += count;
        done += count;
      }
    }
    return reader.finish();
  }

 private:
  // False for a block or cell that is not there.
  CUTPOINT_INLINE bool decode_run(FlagReader& shared, size_t left, size_t upper, uint8_t* at, const uint8_t* end,
                                  uint32_t& recent) const {
    FlagReader reader = shared;  // in registers
    uint32_t before = recent;
    for (; at != end; ++at) {
      const uint32_t sum = static_cast<uint32_t>(side_[*(at - left)]) + side_[*(at - upper)];
      const bool kept = reader.flag(kept_[sum][before]);
      before = before << 1 & kSlicerRecentMask;
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
      below = reader.even_handed_flag(sign_[sum]) != one_is_above_[sum];
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
  uint8_t kept_[kSums][kSlicerRecentMask + 1];
  uint8_t sign_[kSums];
  bool one_is_above_[kSums];
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
