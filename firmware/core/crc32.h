// CRC-32 with the zlib polynomial (reflected 0xEDB88320, initial and final complement).
#ifndef CUTPOINT_CRC32_H_
#define CUTPOINT_CRC32_H_

#include <stdint.h>

#include "span.h"

namespace cutpoint {

// Continues `crc` (0 to begin) over `bytes`; equals zlib's crc32(crc, bytes, size).
uint32_t crc32(uint32_t crc, Bytes bytes);

}  // namespace cutpoint

#endif  // CUTPOINT_CRC32_H_
