#include "../../bytes.h"
#include "blocks.h"
#include "plain.h"
#include "slicer.h"
#include "stream.h"

namespace cutpoint {
namespace {

Status read_blocks(const SlicerSettings& settings, ByteReader& reader, SlicerBlocks& blocks) {
  const uint32_t count = settings.blocks();
  uint8_t firsts[kSlicerMaxBlocks] = {};
  uint8_t last = 0;
  for (uint32_t j = 0; j < count; ++j) {
    CUTPOINT_TRY(reader.u8(firsts[j]));
    if (firsts[j] == 0 || (j != 0 && firsts[j] < firsts[j - 1])) {
      return Status::kCoded;
    }
  }
  CUTPOINT_TRY(reader.u8(last));
  if (last < firsts[count - 1]) {
    return Status::kCoded;
  }
  divide(firsts, count, last, settings.widest, blocks);
  for (uint32_t j = 0; j < count; ++j) {
    SlicerBlock& block = blocks.block[j];
    CUTPOINT_TRY(reader.u8(block.offset));
    if (block.offset >= (block.empty() ? 1 : block.width)) {
      return Status::kCoded;
    }
  }
  return Status::kOk;
}

Status decode_form(const SlicerSettings& settings, Bytes coded, MutableBytes elements) {
  ByteReader reader(coded);
  uint8_t first = 0;
  CUTPOINT_TRY(reader.u8(first));
  const SlicerForm form = static_cast<SlicerForm>(first & 3u);
  const uint32_t shift = first >> 2;
  if (shift > (form == SlicerForm::kRuns ? kMaxRunShift : 0)) {
    return Status::kCoded;
  }
  if (form == SlicerForm::kNothing) {
    fill_bytes(elements.data(), settings.zero ^ settings.order_bit, elements.size());
    return reader.finished();
  }
  SlicerBlocks blocks;
  CUTPOINT_TRY(read_blocks(settings, reader, blocks));
  if (form == SlicerForm::kBitmap) {
    return read_bitmap(settings, blocks, reader.rest(), elements);
  }
  if (form == SlicerForm::kRuns) {
    return read_runs(settings, blocks, shift, reader.rest(), elements);
  }
  Bytes given;
  CUTPOINT_TRY(reader.take(SlicerFrequencies::bytes(settings, blocks), given));
  SlicerFrequencies frequencies = {};
  CUTPOINT_TRY(frequencies.read(settings, blocks, given.data()));
  return decode_flags(settings, blocks, frequencies, reader.rest(), elements);
}

}  // namespace

Status decode_slicer(const SlicerSettings& settings, Bytes coded, MutableBytes elements) {
  if (elements.size() != settings.elements()) {
    return Status::kTensor;
  }
  // Whatever is wrong with it, it is no coded tensor.
  return decode_form(settings, coded, elements) == Status::kOk ? Status::kOk : Status::kCoded;
}

}  // namespace cutpoint
