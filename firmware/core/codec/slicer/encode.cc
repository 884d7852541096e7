#include "../../bytes.h"
#include "frame.h"
#include "maps.h"
#include "plain.h"
#include "selection.h"
#include "slicer.h"
#include "stream.h"
#include "words.h"

namespace cutpoint {
namespace {

constexpr size_t kHistogramBytes = kHistogramHalves * sizeof(uint16_t);

constexpr size_t larger(size_t a, size_t b) { return a > b ? a : b; }
constexpr size_t whole_bytes(size_t bits) { return (bits + 7) / 8; }

// Form, beginnings of the blocks, last rank, offsets.
size_t head_bytes(const SlicerBlocks& blocks) { return 2 + 2 * blocks.count; }

uint8_t* write_head(SlicerForm form, uint32_t shift, const SlicerBlocks& blocks, uint8_t* to) {
  *to++ = static_cast<uint8_t>(static_cast<uint32_t>(form) | shift << 2);
  for (uint32_t j = 0; j < blocks.count; ++j) {
    *to++ = blocks.block[j].first;
  }
  *to++ = blocks.block[blocks.count - 1].last;
  for (uint32_t j = 0; j < blocks.count; ++j) {
    *to++ = blocks.block[j].offset;
  }
  return to;
}

// The whole of form 2; 0 where it does not fit.
size_t encode_as_stream(const SlicerFrame& frame, MutableBytes out) {
  const SlicerBlocks& blocks = frame.selection.blocks;
  SlicerFrequencies frequencies = {};
  count_flags(frame, frequencies);
  const size_t head = head_bytes(blocks) + SlicerFrequencies::bytes(frame.settings, blocks);
  if (out.size() < head) {
    return 0;
  }
  const size_t stream = encode_flags(frame, frequencies, out.from(head));
  if (stream == 0) {
    return 0;
  }
  uint8_t* const at = out.end() - stream - head;
  frequencies.write(frame.settings, blocks, write_head(SlicerForm::kRans, 0, blocks, at));
  return head + stream;
}

// The forms of which the size is known before they are written.
size_t encode_plain(const SlicerFrame& frame, SlicerForm form, size_t bytes, MutableBytes out) {
  const SlicerBlocks& blocks = frame.selection.blocks;
  uint8_t* const at = out.end() - bytes;
  if (form == SlicerForm::kBitmap) {
    write_bitmap(frame, write_head(form, 0, blocks, at));
  } else {
    const uint32_t shift = run_shift(frame.settings.elements(), frame.selection.kept);
    write_runs(frame, shift, write_head(form, shift, blocks, at));
  }
  return bytes;
}

}  // namespace

size_t encode_slicer(const SlicerSettings& settings, Bytes elements, MutableBytes out) {
  // To work in: the histogram by rank, and in the same place one after the other that by order and the maps.
  const size_t skipped = -reinterpret_cast<uintptr_t>(out.data()) % sizeof(uint32_t);
  const size_t work = skipped + kHistogramBytes + larger(kHistogramBytes, Maps::bytes(settings));
  if (elements.size() != settings.elements() || out.size() <= work) {
    return 0;
  }
  uint8_t* const memory = out.data() + skipped;
  Selection selection;
  const Halves ranks(memory);
  select(settings, elements, Halves(memory + kHistogramBytes), ranks, selection);
  if (selection.kept == 0) {
    *(out.end() - 1) = static_cast<uint8_t>(SlicerForm::kNothing);
    return 1;
  }
  Maps maps(settings, memory + kHistogramBytes);
  maps.build(settings, elements, selection);

  const size_t room = out.size() - work;
  const size_t most = room < elements.size() ? room : elements.size();
  const SlicerFrame frame(settings, elements, maps, selection, ranks);
  const size_t as_stream = encode_as_stream(frame, MutableBytes(out.end() - most, most));

  const size_t head = head_bytes(selection.blocks);
  const size_t value_bits = selection.value_bits + (settings.both_sides() ? selection.kept : 0);
  const size_t as_bitmap = head + whole_bytes(elements.size() + value_bits);
  // Of equal sizes the lowest form.
  size_t best = as_stream == 0 ? most + 1 : as_stream;
  SlicerForm form = SlicerForm::kRans;
  if (as_bitmap <= best) {
    best = as_bitmap;
    form = SlicerForm::kBitmap;
  }
  const size_t run_head = head + kRunHeadBytes;
  const bool runs_beat = form == SlicerForm::kRans;  // at an equal size
  const size_t limit = runs_beat ? best : best - 1;
  if (run_head <= limit && 8 * (limit - run_head) >= value_bits) {
    const size_t most_bits = 8 * (limit - run_head) - value_bits;
    const size_t run_bits = measure_runs(frame, most_bits);
    if (run_bits <= most_bits) {
      best = run_head + whole_bytes(run_bits + value_bits);
      form = SlicerForm::kRuns;
    }
  }
  if (form == SlicerForm::kRans) {
    return as_stream;
  }
  return best <= most ? encode_plain(frame, form, best, out) : 0;
}

}  // namespace cutpoint
