#include "../../bytes.h"
#include "bits.h"
#include "plain.h"

namespace cutpoint {
namespace {

// Reads one value; false for a block or cell that is not there.
bool take_value(const SlicerSettings& settings, const SlicerBlocks& blocks, BitReader& reader, uint8_t& element) {
  const bool below = settings.both_sides() ? reader.take(1) != 0 : settings.floor_below != 0;
  const SlicerBlock& block = blocks.block[reader.take(settings.block_bits)];
  if (block.empty()) {
    return false;
  }
  const uint32_t cell = reader.take(bits_for(block.cells));
  element = slicer_value(settings, block.rank_of(cell), below);
  return cell < block.cells && !reader.ended();
}

}  // namespace

Status read_bitmap(const SlicerSettings& settings, const SlicerBlocks& blocks, Bytes coded, MutableBytes elements) {
  const uint8_t zero = settings.zero ^ settings.order_bit;
  BitReader reader(coded);
  for (uint8_t& element : elements) {
    element = zero;
    if (reader.take(1) != 0 && !take_value(settings, blocks, reader, element)) {
      return Status::kCoded;
    }
  }
  return reader.finish();
}

Status read_runs(const SlicerSettings& settings, const SlicerBlocks& blocks, uint32_t shift, Bytes coded,
                 MutableBytes elements) {
  if (coded.size() < kRunHeadBytes) {
    return Status::kCoded;
  }
  fill_bytes(elements.data(), settings.zero ^ settings.order_bit, elements.size());
  BitReader reader(coded.from(kRunHeadBytes));
  size_t next = 0;
  for (size_t kept = load_u16(coded.data()); kept != 0; --kept) {
    while (reader.take(1) != 0) {
      next += static_cast<size_t>(1) << shift;
    }
    next += reader.take(shift);
    if (next >= elements.size() || !take_value(settings, blocks, reader, elements[next])) {
      return Status::kCoded;
    }
    ++next;
  }
  return reader.finish();
}

}  // namespace cutpoint
