#include "../../bytes.h"
#include "bits.h"
#include "element.h"
#include "plain.h"

namespace cutpoint {
namespace {

// Calls `use` with each kept element: where it lies, and how many that are not kept lie between it and the last one.
// Ends when `use` says so.
template <typename Use>
void each_kept(const SlicerSettings& settings, const Maps& maps, Use use) {
  size_t row_begin = 0;
  size_t next = 0;  // behind the last kept one
  for (size_t y = 0; y < settings.height; ++y, row_begin += settings.row_elements()) {
    for (size_t word = 0; word < maps.row_words(); ++word) {
      uint32_t bits = maps.kept(y, word);
      for (size_t at = row_begin + 32 * word; bits != 0; ++at, bits >>= 1) {
        if ((bits & 1u) == 0) {
          continue;
        }
        if (!use(at, at - next, maps.is_below(y, at - row_begin))) {
          return;
        }
        next = at + 1;
      }
    }
  }
}

class ValueWriter {
 public:
  ValueWriter(const SlicerSettings& settings, Bytes elements, const SlicerBlocks& blocks)
      : elements_(elements),
        blocks_(blocks),
        sorter_(settings, blocks),
        sign_bits_(settings.both_sides() ? 1 : 0),
        block_bits_(settings.block_bits) {}

  void put(BitWriter& writer, size_t at, bool below) const {
    const KeptElement kept = sorter_.of(elements_[at], below);
    writer.put(below && sign_bits_ != 0 ? 1 : 0, sign_bits_);
    writer.put(kept.block, block_bits_);
    writer.put(kept.cell, bits_for(blocks_.block[kept.block].cells));
  }

 private:
  Bytes elements_;
  const SlicerBlocks& blocks_;
  ElementSorter sorter_;
  uint32_t sign_bits_;
  uint32_t block_bits_;
};

}  // namespace

uint32_t run_shift(size_t elements, uint32_t kept) {
  uint32_t shift = 0;
  for (size_t mean = (elements - kept) / kept; mean >= 2 && shift < kMaxRunShift; mean /= 2) {
    ++shift;
  }
  return shift;
}

size_t measure_runs(const SlicerSettings& settings, const Maps& maps, uint32_t kept, size_t most) {
  const uint32_t shift = run_shift(settings.elements(), kept);
  // What there is at least: told without a look at the elements, and mostly enough.
  size_t bits = static_cast<size_t>(kept) * (1 + shift);
  if (bits <= most) {
    each_kept(settings, maps, [&](size_t, size_t dropped, bool) {
      bits += dropped >> shift;
      return bits <= most;
    });
  }
  return bits;
}

void write_bitmap(const SlicerSettings& settings, Bytes elements, const Maps& maps, const SlicerBlocks& blocks,
                  uint8_t* to) {
  const ValueWriter values(settings, elements, blocks);
  BitWriter writer(to);
  size_t at = 0;
  for (size_t y = 0; y < settings.height; ++y) {
    for (size_t place = 0; place < settings.row_elements(); ++place, ++at) {
      const uint32_t kept = maps.kept(y, place / 32) >> (place % 32) & 1u;
      writer.put(kept, 1);
      if (kept != 0) {
        values.put(writer, at, maps.is_below(y, place));
      }
    }
  }
  writer.finish();
}

void write_runs(const SlicerSettings& settings, Bytes elements, const Maps& maps, const SlicerBlocks& blocks,
                uint32_t shift, uint8_t* to) {
  const ValueWriter values(settings, elements, blocks);
  BitWriter writer(to + kRunHeadBytes);
  uint32_t kept = 0;
  each_kept(settings, maps, [&](size_t at, size_t dropped, bool below) {
    for (size_t ones = dropped >> shift; ones != 0; --ones) {
      writer.put(1, 1);
    }
    writer.put(0, 1);
    writer.put(static_cast<uint32_t>(dropped & ((1u << shift) - 1)), shift);
    values.put(writer, at, below);
    ++kept;
    return true;
  });
  writer.finish();
  store_u16(to, static_cast<uint16_t>(kept));
}

}  // namespace cutpoint
