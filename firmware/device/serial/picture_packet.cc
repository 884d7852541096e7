#include "picture_packet.h"

#include "../../core/crc32.h"

namespace cutpoint::device {

void write_picture_head(Bytes data, uint8_t (&head)[kPictureHeadBytes]) {
  copy_bytes(head, kPictureMagic, kPictureMagicBytes);
  store_u32(head + 4, static_cast<uint32_t>(data.size()));
  store_u32(head + 8, crc32(0, data));
}

}  // namespace cutpoint::device
