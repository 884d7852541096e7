// SHA-256 as the device sees it.
#ifndef CUTPOINT_DEVICE_SLOT_HASH_H_
#define CUTPOINT_DEVICE_SLOT_HASH_H_

#include <stddef.h>
#include <stdint.h>

#include "../../core/span.h"

namespace cutpoint::device {

constexpr size_t kSha256Bytes = 32;

// Incremental SHA-256: mbedTLS or PSA on the ESP32 (the chip's accelerator), hashlib in Python. One hash at a time.
class Hash {
 public:
  virtual bool reset() = 0;  // begins a new one, whatever became of the last
  virtual bool update(Bytes bytes) = 0;
  virtual bool finish(uint8_t (&digest)[kSha256Bytes]) = 0;

 protected:
  ~Hash() = default;
};

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_SLOT_HASH_H_
