// A part of the flash that an update is written to.
#ifndef CUTPOINT_DEVICE_UPDATE_FLASH_AREA_H_
#define CUTPOINT_DEVICE_UPDATE_FLASH_AREA_H_

#include <stddef.h>
#include <stdint.h>

#include "../../core/span.h"
#include "../slot/hash.h"

namespace cutpoint::device {

constexpr uint32_t kFlashSectorBytes = 4096;  // what is erased at once

// Offsets count from the start of the area. Every call says whether it succeeded.
class FlashArea {
 public:
  virtual uint32_t size() = 0;  // a multiple of kFlashSectorBytes; 0 when there is no such area
  // Both multiples of kFlashSectorBytes; the bytes read 0xFF afterwards.
  virtual bool erase(uint32_t offset, uint32_t bytes) = 0;
  // Into erased flash; at any offset and of any size.
  virtual bool write(uint32_t offset, Bytes bytes) = 0;
  virtual bool read(uint32_t offset, MutableBytes bytes) = 0;

 protected:
  ~FlashArea() = default;
};

// SHA-256 of the bytes [begin, end), read back; false when they cannot be read or hashed.
bool hash_area(FlashArea& area, uint32_t begin, uint32_t end, Hash& hash, uint8_t (&digest)[kSha256Bytes]);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_UPDATE_FLASH_AREA_H_
