#include "element.h"
#include "flags.h"
#include "stream.h"

// A head on a chip spends its time here; firmware/qemu counts the instructions.
#define CUTPOINT_INLINE inline __attribute__((always_inline))

namespace cutpoint {
namespace {

class StreamEncoder {
 public:
  StreamEncoder(const SlicerSettings& settings, Bytes elements, const Maps& maps, const SlicerBlocks& blocks,
                const SlicerFrequencies& frequencies, MutableBytes out)
      : settings_(settings), elements_(elements), maps_(maps), blocks_(blocks), sorter_(settings, blocks), writer_(out) {
    for (size_t i = 0; i < kSlicerContexts; ++i) {
      kept_[i].set(frequencies.kept[i]);
    }
    sign_.set(frequencies.sign);
    for (uint32_t j = 0; j < blocks.count; ++j) {
      more_[j].set(frequencies.more[j]);
    }
  }

  size_t encode() {
    const uint8_t* row = elements_.end();
    for (size_t y = settings_.height; y-- != 0;) {
      row -= settings_.row_elements();
      for (size_t word = maps_.row_words(); word-- != 0;) {
        const size_t left = settings_.row_elements() - 32 * word;
        if (!encode_word(maps_.look(y, word), row + 32 * word, left < 32 ? left : 32)) {
          return 0;
        }
      }
    }
    return writer_.finish();
  }

 private:
  // `count` elements from `first` on, the last of them first.
  bool encode_word(const Surroundings& seen, const uint8_t* first, size_t count) {
    FlagWriter writer = writer_;  // in registers
    const uint32_t unused = static_cast<uint32_t>(32 - count);
    uint32_t here = (seen.above | seen.below) << unused;
    uint32_t left = seen.left << unused;
    uint32_t upper = seen.upper << unused;
    uint32_t recent = seen.recent << unused;
    bool fits = true;
    for (uint32_t i = static_cast<uint32_t>(count); i-- != 0;) {
      const Flag& flag = kept_[((left >> 31) + (upper >> 31)) * 2 + (recent >> 31)];
      if ((here >> 31) == 0) {
        fits = writer.put(flag.symbol[0]);
      } else {
        writer_ = writer;
        fits = encode_value(seen, first[i], i);
        writer = writer_;
        fits = fits && writer.put(flag.symbol[1]);
      }
      if (!fits) {
        return false;
      }
      here <<= 1;
      left <<= 1;
      upper <<= 1;
      recent <<= 1;
    }
    writer_ = writer;
    return true;
  }

  // Cell, block and sign: what is read last goes first.
  __attribute__((noinline)) bool encode_value(const Surroundings& seen, uint8_t element, uint32_t place) {
    const bool below = (seen.below >> place & 1u) != 0;
    const KeptElement kept = sorter_.of(element, below);
    const SlicerBlock& block = blocks_.block[kept.block];
    const uint32_t most = block.most_flags();
    uint32_t ones = kept.cell;
    bool fits = true;
    if (ones < most) {
      fits = writer_.put(more_[kept.block].symbol[0]);
    } else {
      fits = writer_.put_even(ones - most, block.escape_bits());
      ones = most;
    }
    for (; ones != 0 && fits; --ones) {
      fits = writer_.put(more_[kept.block].symbol[1]);
    }
    fits = fits && writer_.put_even(kept.block, settings_.block_bits);
    if (!settings_.both_sides()) {
      return fits;
    }
    const bool like_above = (seen.like_above >> place & 1u) != 0;
    const bool like_below = (seen.like_below >> place & 1u) != 0;
    if (like_above || like_below) {
      return fits && writer_.put(sign_.symbol[below == like_below ? 1 : 0]);
    }
    return fits && writer_.put_even(below ? 1 : 0, 1);
  }

  const SlicerSettings& settings_;
  Bytes elements_;
  const Maps& maps_;
  const SlicerBlocks& blocks_;
  ElementSorter sorter_;
  FlagWriter writer_;
  Flag kept_[kSlicerContexts];
  Flag sign_;
  Flag more_[kSlicerMaxBlocks];
};

}  // namespace

size_t encode_flags(const SlicerSettings& settings, Bytes elements, const Maps& maps, const SlicerBlocks& blocks,
                    const SlicerFrequencies& frequencies, MutableBytes out) {
  StreamEncoder encoder(settings, elements, maps, blocks, frequencies, out);
  return encoder.encode();
}

}  // namespace cutpoint
