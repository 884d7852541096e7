// The kept elements as bits, and what surrounds them: 32 elements at a time.
#ifndef CUTPOINT_CODEC_SLICER_MAPS_H_
#define CUTPOINT_CODEC_SLICER_MAPS_H_

#include <stddef.h>
#include <stdint.h>

#include "../../span.h"
#include "selection.h"
#include "settings.h"
#include "words.h"

namespace cutpoint {

// A bit for each of up to 32 elements of a row, the first in bit 0; what lies outside of the tensor is 0.
struct Surroundings {
  uint32_t above;  // kept, above the zero point
  uint32_t below;
  uint32_t left;   // kept at the left
  uint32_t upper;  // kept above in the picture
  uint32_t recent;  // kept among the four before
  uint32_t like_above;  // neighbours say: above the zero point
  uint32_t like_below;
};

// Two bits for each element: kept above the zero point, kept below it. Rows begin at words, so that a neighbour is a shift
// away and what is shifted in is 0.
class Maps {
 public:
  Maps(const SlicerSettings& settings, uint8_t* memory)
      : row_words_((settings.row_elements() + 31) / 32),
        back_words_(settings.channels / 32),
        back_bits_(settings.channels % 32),
        above_(memory),
        below_(memory + bytes_each(settings)) {}

  static size_t bytes(const SlicerSettings& settings) { return 2 * bytes_each(settings); }

  // Fills them. One pass, and another over the end of the elements where some of the least rank are surplus.
  void build(const SlicerSettings& settings, Bytes elements, const Selection& selection);

  size_t row_words() const { return row_words_; }
  uint32_t kept(size_t row, size_t word) const {
    const size_t at = row * row_words_ + word;
    return above_[at] | below_[at];
  }
  bool is_below(size_t row, size_t place) const {
    return (below_[row * row_words_ + place / 32] >> (place % 32) & 1u) != 0;
  }
  Surroundings look(size_t row, size_t word) const;

 private:
  static size_t bytes_each(const SlicerSettings& settings) {
    return settings.height * ((settings.row_elements() + 31) / 32) * sizeof(uint32_t);
  }
  template <typename Element>
  void build_of(const SlicerSettings& settings, Bytes elements, int32_t above, int32_t below);
  void drop_surplus(const SlicerSettings& settings, Bytes elements, const Selection& selection);
  // The row's bits `channels` places on.
  uint32_t moved(Words map, const size_t row, const size_t word) const {
    if (word < back_words_) {
      return 0;
    }
    const size_t from = word - back_words_;
    uint32_t bits = map[row * row_words_ + from] << back_bits_;
    if (back_bits_ != 0 && from != 0) {
      bits |= map[row * row_words_ + from - 1] >> (32 - back_bits_);
    }
    return bits;
  }

  size_t row_words_;
  size_t back_words_;
  uint32_t back_bits_;
  Words above_;
  Words below_;
};

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_SLICER_MAPS_H_
