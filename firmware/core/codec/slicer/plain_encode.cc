#include "../../bytes.h"
#include "bits.h"
#include "plain.h"

namespace cutpoint {
namespace {

// Calls `use` with each kept element: where it lies, and how many that are not kept lie between it and the last one.
// Ends when `use` says so.
template <typename Use>
void each_kept(const SlicerFrame& frame, Use use) {
  const SlicerSettings& settings = frame.settings;
  const Maps& maps = frame.maps;
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

void put_value(const SlicerFrame& frame, size_t at, bool below, BitWriter& writer) {
  const KeptElement kept = frame.kept(frame.elements[at], below);
  if (frame.settings.both_sides()) {
    writer.put(below ? 1 : 0, 1);
  }
  writer.put(kept.block, frame.settings.block_bits);
  writer.put(kept.cell, bits_for(frame.selection.blocks.block[kept.block].cells));
}

// Elements up to the last kept one, which there is.
size_t up_to_last_kept(const SlicerFrame& frame) {
  size_t end = frame.elements.size();
  for (size_t y = frame.settings.height; y-- != 0; end -= frame.settings.row_elements()) {
    for (size_t word = frame.maps.row_words(); word-- != 0;) {
      uint32_t bits = frame.maps.kept(y, word);
      if (bits != 0) {
        size_t last = end - frame.settings.row_elements() + 32 * word;
        for (; bits != 0; bits >>= 1) {
          ++last;
        }
        return last;
      }
    }
  }
  return end;
}

}  // namespace

uint32_t run_shift(size_t elements, uint32_t kept) {
  uint32_t shift = 0;
  for (size_t mean = (elements - kept) / kept; mean >= 2 && shift < kMaxRunShift; mean /= 2) {
    ++shift;
  }
  return shift;
}

size_t measure_runs(const SlicerFrame& frame, size_t most) {
  const size_t kept = frame.selection.kept;
  const uint32_t shift = run_shift(frame.elements.size(), frame.selection.kept);
  size_t bits = kept * (1 + shift);
  // What there is at least, told without a look at each run and mostly enough: less than 2^shift of each are lost.
  const size_t dropped_in_all = up_to_last_kept(frame) - kept;
  const size_t lost = kept * ((1u << shift) - 1);
  const size_t ones = dropped_in_all > lost ? (dropped_in_all - lost) >> shift : 0;
  if (bits + ones > most) {
    return bits + ones;
  }
  each_kept(frame, [&](size_t, size_t dropped, bool) {
    bits += dropped >> shift;
    return bits <= most;
  });
  return bits;
}

void write_bitmap(const SlicerFrame& frame, uint8_t* to) {
  BitWriter writer(to);
  size_t at = 0;
  for (size_t y = 0; y < frame.settings.height; ++y) {
    for (size_t place = 0; place < frame.settings.row_elements(); ++place, ++at) {
      const uint32_t kept = frame.maps.kept(y, place / 32) >> (place % 32) & 1u;
      writer.put(kept, 1);
      if (kept != 0) {
        put_value(frame, at, frame.maps.is_below(y, place), writer);
      }
    }
  }
  writer.finish();
}

void write_runs(const SlicerFrame& frame, uint32_t shift, uint8_t* to) {
  BitWriter writer(to + kRunHeadBytes);
  each_kept(frame, [&](size_t at, size_t dropped, bool below) {
    for (size_t ones = dropped >> shift; ones != 0; --ones) {
      writer.put(1, 1);
    }
    writer.put(0, 1);
    writer.put(static_cast<uint32_t>(dropped & ((1u << shift) - 1)), shift);
    put_value(frame, at, below, writer);
    return true;
  });
  writer.finish();
  store_u16(to, static_cast<uint16_t>(frame.selection.kept));
}

}  // namespace cutpoint
