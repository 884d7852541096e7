#include "settings.h"

#include "../../bytes.h"
#include "../tensor.h"

namespace cutpoint {

Status read_slicer(Bytes block, SlicerSettings& settings) {
  if (block.size() < kSlicerBlockBytes) {
    return Status::kTruncated;
  }
  const uint8_t* const at = block.data();
  const DType dtype = static_cast<DType>(at[8]);
  if (dtype != DType::kInt8 && dtype != DType::kUint8) {
    return Status::kDType;
  }
  if (at[6] != 255 || at[9] != 0 || load_u16(at + 10) != 0 || load_u16(at + 18) != 0) {
    return Status::kReserved;
  }
  settings.height = load_u16(at);
  settings.width = load_u16(at + 2);
  settings.channels = load_u16(at + 4);
  settings.keep = load_u16(at + 12);
  settings.order_bit = dtype == DType::kInt8 ? 0x80 : 0;
  settings.zero = at[7] ^ settings.order_bit;
  settings.floor_below = at[14];
  settings.floor_above = at[15];
  settings.block_bits = at[16];
  settings.widest = at[17];
  // The product of three u16 may not fit 32 bits.
  const uint64_t elements = static_cast<uint64_t>(settings.height) * settings.width * settings.channels;
  const bool fits = elements != 0 && elements <= kSlicerMaxElements && settings.keep != 0 &&
                    settings.floor_below <= settings.zero && settings.floor_above <= 255 - settings.zero &&
                    (settings.floor_below | settings.floor_above) != 0 &&
                    settings.block_bits < 4 && settings.widest != 0;
  return fits ? Status::kOk : Status::kNumber;
}

}  // namespace cutpoint
