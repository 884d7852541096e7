#include "flags.h"
#include "stream.h"

namespace cutpoint {
namespace {

// Which side of the zero point an element lies on, in three bits: 0 it is the zero point, 1 above, 4 below. Both
// neighbours' together say everything that a context asks.
class Sides {
 public:
  explicit Sides(const SlicerSettings& settings) : order_bit_(settings.order_bit), zero_(settings.zero) {}

  uint32_t of(uint8_t element) const {
    const uint32_t order = static_cast<uint32_t>(element ^ order_bit_);
    return static_cast<uint32_t>(order > zero_) | static_cast<uint32_t>(order < zero_) << 2;
  }

 private:
  uint8_t order_bit_;
  uint32_t zero_;
};

constexpr uint32_t kAboveMask = 3;  // neighbours above the zero point

constexpr uint32_t neighbours_kept(uint32_t sides) { return (sides & kAboveMask) + (sides >> 2); }

class StreamDecoder {
 public:
  StreamDecoder(const SlicerSettings& settings, const SlicerBlocks& blocks, const SlicerFrequencies& frequencies,
                Bytes stream, MutableBytes elements)
      : settings_(settings), blocks_(blocks), frequencies_(frequencies), elements_(elements), reader_(stream) {}

  Status decode() {
    const size_t row_elements = settings_.row_elements();
    const uint8_t zero = settings_.zero ^ settings_.order_bit;
    const Sides sides(settings_);
    uint8_t* at = elements_.begin();
    for (size_t y = 0; y < settings_.height; ++y) {
      uint32_t recent = 0;
      for (size_t place = 0; place < row_elements; ++place, ++at) {
        uint32_t around = 0;
        if (place >= settings_.channels) {
          around = sides.of(*(at - settings_.channels));
        }
        if (y != 0) {
          around += sides.of(*(at - row_elements));
        }
        const uint32_t context = 2 * neighbours_kept(around) + ((recent & kSlicerRecentMask) != 0 ? 1 : 0);
        recent <<= 1;
        *at = zero;
        if (reader_.flag(frequencies_.kept[context])) {
          recent |= 1;
          if (!value(around, *at)) {
            return Status::kCoded;
          }
        }
      }
    }
    return reader_.finish();
  }

 private:
  // False for a block or cell that is not there.
  bool value(uint32_t around, uint8_t& element) {
    bool below = settings_.floor_below != 0;
    if (settings_.both_sides()) {
      const bool like_above = (around & kAboveMask) != 0;
      const bool like_below = around >> 2 != 0;
      below = like_above != like_below ? reader_.flag(frequencies_.sign) == like_below : reader_.even(1) != 0;
    }
    const uint32_t j = reader_.even(settings_.block_bits);
    const SlicerBlock& block = blocks_.block[j];
    if (block.empty()) {
      return false;
    }
    const uint32_t most = block.most_flags();
    uint32_t cell = 0;
    while (cell < most && reader_.flag(frequencies_.more[j])) {
      ++cell;
    }
    if (cell == most) {
      cell += reader_.even(block.escape_bits());
    }
    element = slicer_value(settings_, block, cell, below);
    return cell < block.cells;
  }

  const SlicerSettings& settings_;
  const SlicerBlocks& blocks_;
  const SlicerFrequencies& frequencies_;
  MutableBytes elements_;
  FlagReader reader_;
};

}  // namespace

Status decode_flags(const SlicerSettings& settings, const SlicerBlocks& blocks, const SlicerFrequencies& frequencies,
                    Bytes stream, MutableBytes elements) {
  StreamDecoder decoder(settings, blocks, frequencies, stream, elements);
  return decoder.decode();
}

}  // namespace cutpoint
