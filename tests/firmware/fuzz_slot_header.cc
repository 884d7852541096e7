// libFuzzer target: hostile slot images. The CRC is mended unless the first byte says otherwise.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "crc32.h"
#include "reference_sha256.h"
#include "slot/header.h"

using namespace cutpoint;
using namespace cutpoint::device;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  const bool mended = (data[0] & 1) == 0;
  const bool whole = (data[0] & 2) == 0;
  std::vector<uint8_t> image(data + 1, data + size);
  if (whole && image.size() < kSlotHeaderBytes + 64) {
    image.resize(kSlotHeaderBytes + 64);
  }
  if (mended && image.size() >= kSlotHeaderBytes) {
    const uint8_t start[] = {'C', 'P', 'S', 'L', static_cast<uint8_t>(1 + (data[0] >> 2) % 3), 0};
    copy_bytes(image.data(), start, sizeof start);
    store_u32(&image[8], 0);
    store_u32(&image[8], crc32(0, Bytes(image.data(), kSlotHeaderBytes)));
  }
  SlotHeader header;
  const Bytes bytes(image.data(), image.size());
  if (read_slot_header(bytes, header) == SlotFault::kNone) {
    // What reads must write to the same bytes: the form is unique.
    std::vector<uint8_t> again(kSlotHeaderBytes);
    if (write_slot_header(header, MutableBytes(again.data(), again.size())) != SlotFault::kNone ||
        !equal_bytes(again.data(), image.data(), kSlotHeaderBytes)) {
      std::abort();
    }
    for (uint32_t k = 0; k <= 65535; k += 13) {
      (void)header.arena_bytes(static_cast<uint16_t>(k));
      (void)header.block_bytes(static_cast<uint16_t>(k));
    }
    (void)largest_cut_within(header, static_cast<uint32_t>(size) * 977u);
    (void)largest_cut_within(header, static_cast<uint32_t>(size) * 977u, SlotEngine::kStream);
  }
  ReferenceSha256 hash;
  (void)check_slot(bytes, hash, header);
  return 0;
}
