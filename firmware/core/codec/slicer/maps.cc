#include "maps.h"

namespace cutpoint {

// Element is int8_t or uint8_t: bytes in their order as they are, with `above` and `below` in its range.
template <typename Element>
void Maps::build_of(const SlicerSettings& settings, Bytes elements, int32_t above, int32_t below) {
  const uint8_t* row = elements.begin();
  size_t at = 0;
  for (size_t y = 0; y < settings.height; ++y) {
    const uint8_t* const row_end = row + settings.row_elements();
    while (row != row_end) {
      const size_t left = static_cast<size_t>(row_end - row);
      const uint8_t* const end = row + (left < 32 ? left : 32);
      uint32_t above_bits = 0;
      uint32_t below_bits = 0;
      // From the last one, which ends up in the highest bit.
      const auto take = [&](const uint8_t* from) __attribute__((always_inline)) {
        const int32_t element = static_cast<Element>(*from);
        above_bits = above_bits << 1 | static_cast<uint32_t>(above < element);
        below_bits = below_bits << 1 | static_cast<uint32_t>(element < below);
      };
      const uint8_t* from = end;
      for (; from - row >= 4; from -= 4) {
        take(from - 1);
        take(from - 2);
        take(from - 3);
        take(from - 4);
      }
      while (from != row) {
        take(--from);
      }
      above_.set(at, above_bits);
      below_.set(at, below_bits);
      ++at;
      row = end;
    }
  }
}

void Maps::build(const SlicerSettings& settings, Bytes elements, const Selection& selection) {
  const int32_t above = static_cast<int32_t>(selection.above(settings)) - 1;
  const int32_t below = static_cast<int32_t>(selection.below(settings));
  if (settings.order_bit != 0) {
    build_of<int8_t>(settings, elements, above - 128, below - 128);
  } else {
    build_of<uint8_t>(settings, elements, above, below);
  }
  if (selection.surplus != 0) {
    drop_surplus(settings, elements, selection);
  }
}

void Maps::drop_surplus(const SlicerSettings& settings, Bytes elements, const Selection& selection) {
  const uint32_t above = selection.above(settings);
  const uint32_t below = selection.below(settings) - 1;  // beyond every order where nothing is below
  uint32_t surplus = selection.surplus;
  const uint8_t* at = elements.end();
  for (size_t y = settings.height; surplus != 0 && y-- != 0;) {
    for (size_t place = settings.row_elements(); surplus != 0 && place-- != 0;) {
      const uint32_t order = static_cast<uint32_t>(*--at ^ settings.order_bit);
      if (order != above && order != below) {
        continue;
      }
      const size_t word = y * row_words_ + place / 32;
      const uint32_t others = ~(1u << (place % 32));
      above_.set(word, above_[word] & others);
      below_.set(word, below_[word] & others);
      --surplus;
    }
  }
}

Surroundings Maps::look(size_t row, size_t word) const {
  const size_t at = row * row_words_ + word;
  Surroundings seen = {above_[at], below_[at], 0, 0, 0, 0, 0};
  const uint32_t left_above = moved(above_, row, word);
  const uint32_t left_below = moved(below_, row, word);
  const uint32_t upper_above = row != 0 ? above_[at - row_words_] : 0;
  const uint32_t upper_below = row != 0 ? below_[at - row_words_] : 0;
  seen.left = left_above | left_below;
  seen.upper = upper_above | upper_below;
  const uint32_t any_above = left_above | upper_above;
  const uint32_t any_below = left_below | upper_below;
  seen.like_above = any_above & ~any_below;
  seen.like_below = any_below & ~any_above;
  const uint32_t kept = seen.above | seen.below;
  const uint32_t two = kept | kept << 1;
  seen.recent = (two | two << 2) << 1;
  if (word != 0) {
    const uint32_t before = above_[at - 1] | below_[at - 1];
    seen.recent |= before >> 31 | before >> 30 | before >> 29 | before >> 28;
  }
  return seen;
}

}  // namespace cutpoint
