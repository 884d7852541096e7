#include "flags.h"
#include "stream.h"

namespace cutpoint {
namespace {

uint32_t ones_in(uint32_t bits) {
  bits -= bits >> 1 & 0x55555555u;
  bits = (bits & 0x33333333u) + (bits >> 2 & 0x33333333u);
  return ((bits + (bits >> 4)) & 0x0F0F0F0Fu) * 0x01010101u >> 24;
}

// Calls `use` with each frequency that a frame has, in their order.
template <typename Frequencies, typename Use>
void each(Frequencies& frequencies, const SlicerSettings& settings, const SlicerBlocks& blocks, Use use) {
  for (auto& kept : frequencies.kept) {
    use(kept);
  }
  if (settings.both_sides()) {
    use(frequencies.sign);
  }
  for (uint32_t j = 0; j < blocks.count; ++j) {
    if (blocks.block[j].cells > 1) {
      use(frequencies.more[j]);
    }
  }
}

}  // namespace

size_t SlicerFrequencies::bytes(const SlicerSettings& settings, const SlicerBlocks& blocks) {
  size_t count = 0;
  const SlicerFrequencies none = {};
  each(none, settings, blocks, [&](uint8_t) { ++count; });
  return count;
}

void SlicerFrequencies::write(const SlicerSettings& settings, const SlicerBlocks& blocks, uint8_t* to) const {
  each(*this, settings, blocks, [&](uint8_t frequency) { *to++ = frequency; });
}

Status SlicerFrequencies::read(const SlicerSettings& settings, const SlicerBlocks& blocks, const uint8_t* from) {
  bool sound = true;
  each(*this, settings, blocks, [&](uint8_t& frequency) {
    frequency = *from++;
    sound &= frequency != 0;
  });
  return sound ? Status::kOk : Status::kCoded;
}

void count_flags(const SlicerFrame& frame, SlicerFrequencies& frequencies) {
  // By how many neighbours are kept, and again of those with a recent one; of any number is the sum.
  FlagCount near[3];
  FlagCount recent[3];
  FlagCount sign;
  const size_t row_elements = frame.settings.row_elements();
  for (size_t y = 0; y < frame.settings.height; ++y) {
    for (size_t word = 0; word < frame.maps.row_words(); ++word) {
      const size_t left = row_elements - 32 * word;
      const uint32_t inside = left >= 32 ? UINT32_MAX : (1u << left) - 1;
      const Surroundings seen = frame.maps.look(y, word);
      const uint32_t here = seen.above | seen.below;
      const uint32_t before = seen.recent & inside;
      recent[0].all += ones_in(before);
      recent[0].ones += ones_in(before & here);
      if (((seen.left | seen.upper) & inside) == 0) {
        continue;
      }
      const uint32_t neighbours[3] = {0, (seen.left ^ seen.upper) & inside, seen.left & seen.upper};
      for (size_t i = 1; i < 3; ++i) {
        near[i].all += ones_in(neighbours[i]);
        near[i].ones += ones_in(neighbours[i] & here);
        recent[i].all += ones_in(neighbours[i] & before);
        recent[i].ones += ones_in(neighbours[i] & before & here);
      }
      sign.ones += ones_in((seen.above & seen.like_above) | (seen.below & seen.like_below));
      sign.all += ones_in(here & (seen.like_above | seen.like_below));
    }
  }
  near[0] = {frame.selection.kept - near[1].ones - near[2].ones,
             static_cast<uint32_t>(frame.settings.elements()) - near[1].all - near[2].all};
  recent[0].ones -= recent[1].ones + recent[2].ones;
  recent[0].all -= recent[1].all + recent[2].all;
  for (size_t i = 0; i < 3; ++i) {
    frequencies.kept[2 * i] = flag_frequency(near[i].ones - recent[i].ones, near[i].all - recent[i].all);
    frequencies.kept[2 * i + 1] = flag_frequency(recent[i].ones, recent[i].all);
  }
  frequencies.sign = flag_frequency(sign.ones, sign.all);
  for (uint32_t j = 0; j < frame.selection.blocks.count; ++j) {
    frequencies.more[j] = flag_frequency(frame.selection.more[j].ones, frame.selection.more[j].all);
  }
}

}  // namespace cutpoint
