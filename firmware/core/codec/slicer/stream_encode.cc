#include "flags.h"
#include "stream.h"

// A head on a chip spends its time here: written so that one element takes few instructions, which firmware/qemu counts.
#define CUTPOINT_INLINE inline __attribute__((always_inline))

namespace cutpoint {
namespace {

constexpr size_t kBatch = 8;  // elements of which the flags are looked up by one word of four bits each
constexpr uint32_t kIsKept = 8;

// Eight bits, each in four.
CUTPOINT_INLINE uint32_t spread(uint32_t bits) {
  bits &= 0xFFu;
  bits = (bits | bits << 12) & 0x000F000Fu;
  bits = (bits | bits << 6) & 0x03030303u;
  return (bits | bits << 3) & 0x11111111u;
}

// A bit for each of up to 32 elements, the first in bit 0.
struct Word {
  uint32_t kept;
  uint32_t left;
  uint32_t upper;
  uint32_t recent;
  uint32_t below;
  uint32_t foretold;  // its neighbours say on which side it is
  uint32_t sign;      // and it is; or they do not, and it is below
};

class StreamEncoder {
 public:
  StreamEncoder(const SlicerFrame& frame, const SlicerFrequencies& frequencies)
      : frame_(frame),
        settings_(frame.settings),
        blocks_(frame.selection.blocks),
        block_bits_(frame.settings.block_bits),
        both_sides_(frame.settings.both_sides()) {
    for (uint32_t i = 0; i < kSlicerContexts; ++i) {
      Flag flag;
      flag.set(frequencies.kept[i]);
      kept_[i] = flag.symbol[0];
      kept_[kIsKept | i] = flag.symbol[1];
    }
    sign_[0].set(kEvenSign);
    sign_[1].set(frequencies.sign);
    for (uint32_t j = 0; j < blocks_.count; ++j) {
      more_[j].set(frequencies.more[j]);
    }
  }

  // Not inlined: with this object behind a pointer, what an entry of its tables takes is one addition.
  __attribute__((noinline)) size_t encode(MutableBytes out) const {
    FlagWriter writer(out);
    const uint8_t* row = frame_.elements.end();
    for (size_t y = settings_.height; y-- != 0;) {
      row -= settings_.row_elements();
      for (size_t word = frame_.maps.row_words(); word-- != 0;) {
        const Surroundings around = frame_.maps.look(y, word);
        const Word seen = {around.above | around.below,
                           around.left,
                           around.upper,
                           around.recent,
                           around.below,
                           around.like_above | around.like_below,
                           (around.above & around.like_above) | (around.below & ~around.like_above)};
        const size_t left = settings_.row_elements() - 32 * word;
        size_t end = left < 32 ? left : 32;
        while (end != 0) {
          const size_t begin = (end - 1) / kBatch * kBatch;
          if (!encode_batch(writer, seen, row + 32 * word, begin, end - begin)) {
            return 0;
          }
          end = begin;
        }
      }
    }
    return writer.finish();
  }

 private:
  // `count` elements from `begin` of the word on, the last of them first. `first`: the word's first element.
  CUTPOINT_INLINE bool encode_batch(FlagWriter& writer, const Word& seen, const uint8_t* first, size_t begin,
                                    size_t count) const {
    // Four bits each: kept, how many neighbours are kept, whether one of those before is.
    uint32_t codes = spread(seen.kept >> begin) << 3 |
                     (spread(seen.left >> begin) + spread(seen.upper >> begin)) << 1 | spread(seen.recent >> begin);
    codes <<= 4 * (kBatch - count);
    for (size_t i = begin + count; i-- != begin; codes <<= 4) {
      if (codes >> 31 != 0 && !encode_value(writer, seen, first[i], static_cast<uint32_t>(i))) {
        return false;
      }
      if (!writer.put(kept_[codes >> 28])) {
        return false;
      }
    }
    return true;
  }

  // Cell, block and sign: what is read last goes first.
  CUTPOINT_INLINE bool encode_value(FlagWriter& writer, const Word& seen, uint8_t element, uint32_t place) const {
    const bool below = (seen.below >> place & 1u) != 0;
    const KeptElement kept = frame_.kept(element, below);
    const SlicerBlock& block = blocks_.block[kept.block];
    if (block.cells > 1) {
      const uint32_t most = block.most_flags();
      const Flag& more = more_[kept.block];
      uint32_t ones = kept.cell;
      if (ones < most) {
        if (!writer.put(more.symbol[0])) {
          return false;
        }
      } else {
        if (!writer.put_even(ones - most, block.escape_bits())) {
          return false;
        }
        ones = most;
      }
      for (; ones != 0; --ones) {
        if (!writer.put(more.symbol[1])) {
          return false;
        }
      }
    }
    if (block_bits_ != 0 && !writer.put_even(kept.block, block_bits_)) {
      return false;
    }
    if (!both_sides_) {
      return true;
    }
    return writer.put(sign_[seen.foretold >> place & 1u].symbol[seen.sign >> place & 1u]);
  }

  const SlicerFrame& frame_;
  const SlicerSettings& settings_;
  const SlicerBlocks& blocks_;
  uint32_t block_bits_;
  bool both_sides_;
  FlagSymbol kept_[2 * kIsKept];  // by four bits
  Flag sign_[2];
  Flag more_[kSlicerMaxBlocks];
};

}  // namespace

size_t encode_flags(const SlicerFrame& frame, const SlicerFrequencies& frequencies, MutableBytes out) {
  const StreamEncoder encoder(frame, frequencies);
  return encoder.encode(out);
}

}  // namespace cutpoint
