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

void count_flags(const SlicerSettings& settings, const Maps& maps, const Selection& selection,
                 SlicerFrequencies& frequencies) {
  FlagCount kept[kSlicerContexts];
  FlagCount sign;
  const size_t row_elements = settings.row_elements();
  for (size_t y = 0; y < settings.height; ++y) {
    for (size_t word = 0; word < maps.row_words(); ++word) {
      const size_t left = row_elements - 32 * word;
      const uint32_t inside = left >= 32 ? UINT32_MAX : (1u << left) - 1;
      const Surroundings seen = maps.look(y, word);
      const uint32_t here = seen.above | seen.below;
      const uint32_t neighbours[3] = {~(seen.left | seen.upper), seen.left ^ seen.upper, seen.left & seen.upper};
      for (size_t i = 0; i < 3; ++i) {
        const uint32_t with = neighbours[i] & inside;
        kept[2 * i].all += ones_in(with & ~seen.recent);
        kept[2 * i].ones += ones_in(with & here & ~seen.recent);
        kept[2 * i + 1].all += ones_in(with & seen.recent);
        kept[2 * i + 1].ones += ones_in(with & here & seen.recent);
      }
      const uint32_t as_predicted = (seen.above & seen.like_above) | (seen.below & seen.like_below);
      sign.ones += ones_in(as_predicted);
      sign.all += ones_in(here & (seen.like_above | seen.like_below));
    }
  }
  for (size_t i = 0; i < kSlicerContexts; ++i) {
    frequencies.kept[i] = flag_frequency(kept[i].ones, kept[i].all);
  }
  frequencies.sign = flag_frequency(sign.ones, sign.all);
  for (uint32_t j = 0; j < selection.blocks.count; ++j) {
    frequencies.more[j] = flag_frequency(selection.more[j].ones, selection.more[j].all);
  }
}

}  // namespace cutpoint
