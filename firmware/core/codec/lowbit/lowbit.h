// Codec lowbit: the level of each element in as few bits as hold every level, least significant first. Its size is known
// before its elements are, so that it may leave while a head still makes them. docs/codecs.md has the bytes.
#ifndef CUTPOINT_CODEC_LOWBIT_LOWBIT_H_
#define CUTPOINT_CODEC_LOWBIT_LOWBIT_H_

#include <stddef.h>
#include <stdint.h>

#include "../../span.h"
#include "../../status.h"
#include "../tables/codec_tables.h"

namespace cutpoint {

// ceil(log2 levels): 0 to 8.
uint32_t lowbit_bits(const TensorTables& tables);

// Of the coded form, the mark of the tables included.
size_t lowbit_bytes(const TensorTables& tables);

// How many bytes at its front are final when so many raw bytes at the front of the tensor are.
size_t lowbit_final_bytes(const TensorTables& tables, size_t raw_bytes);

// Where the elements stand in the tensor, one after another: as they lie, or a channel at a time.
class ElementWalk {
 public:
  ElementWalk() = default;
  explicit ElementWalk(const TensorTables& tables)
      : order_(tables.order),
        channels_(tables.grid.channels),
        elements_(tables.elements()),
        at_(tables.order != nullptr ? tables.order[0] : 0u) {}

  // At most as often as there are elements.
  size_t next() {
    const size_t at = at_;
    if (order_ == nullptr) {
      ++at_;
      return at;
    }
    at_ += channels_;
    if (at_ >= elements_) {
      ++column_;
      at_ = column_ < channels_ ? order_[column_] : 0;
    }
    return at;
  }

 private:
  const uint8_t* order_ = nullptr;
  size_t channels_ = 0;
  size_t elements_ = 0;
  size_t column_ = 0;
  size_t at_ = 0;
};

// Hands out the coded form piece by piece. Tables and elements outlive it.
class LowbitWriter {
 public:
  // `elements` has as many as the tables say.
  void begin(const TensorTables& tables, Bytes elements);

  // Writes the next bytes, as many as there are and fit; returns how many.
  size_t pull(MutableBytes to);

 private:
  Bytes elements_;
  const uint8_t* to_level_ = nullptr;
  ElementWalk walk_;
  size_t left_ = 0;  // elements that are not taken yet
  uint32_t bits_ = 0;
  uint32_t held_ = 0;  // bits that wait for a whole byte, and how many
  uint32_t waiting_ = 0;
  uint16_t mark_ = 0;
  uint8_t mark_left_ = 0;
};

// Restores the elements that the levels stand for: `elements` has as many as the tables say. kTables (made with others),
// kCoded (another size, a level that there is not, padding that is not zero).
Status decode_lowbit(const TensorTables& tables, Bytes coded, MutableBytes elements);

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_LOWBIT_LOWBIT_H_
