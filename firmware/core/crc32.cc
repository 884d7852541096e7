#include "crc32.h"

#include "bytes.h"

namespace cutpoint {
namespace {

constexpr uint32_t kPolynomial = 0xEDB88320u;  // reflected

// Slicing: so many bytes a step, from 1 KiB of table in flash for each. Every byte that is sent or received passes
// through here, and one table would cost about three times the cycles of four. Compiled for size two have to do: a few
// dozen microseconds a message on a chip, whose operators take a thousand times as long.
#ifdef __OPTIMIZE_SIZE__
constexpr size_t kSlices = 2;
#else
constexpr size_t kSlices = 4;
#endif

struct Tables {
  uint32_t entry[kSlices][256];
};

constexpr Tables make_tables() {
  Tables tables = {};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t remainder = i;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1) ^ ((remainder & 1u) != 0 ? kPolynomial : 0u);
    }
    tables.entry[0][i] = remainder;
  }
  for (size_t slice = 1; slice < kSlices; ++slice) {
    for (uint32_t i = 0; i < 256; ++i) {
      const uint32_t before = tables.entry[slice - 1][i];
      tables.entry[slice][i] = (before >> 8) ^ tables.entry[0][before & 0xFFu];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

}  // namespace

uint32_t crc32(uint32_t crc, Bytes bytes) {
  const uint8_t* at = bytes.data();
  size_t left = bytes.size();
  crc = ~crc;
  for (; left >= kSlices; left -= kSlices, at += kSlices) {
    if constexpr (kSlices == 4) {
      const uint32_t word = crc ^ load_u32(at);
      crc = kTables.entry[3][word & 0xFFu] ^ kTables.entry[2][(word >> 8) & 0xFFu] ^
            kTables.entry[1][(word >> 16) & 0xFFu] ^ kTables.entry[0][word >> 24];
    } else {
      const uint32_t word = crc ^ load_u16(at);
      crc = (word >> 16) ^ kTables.entry[1][word & 0xFFu] ^ kTables.entry[0][(word >> 8) & 0xFFu];
    }
  }
  for (; left != 0; --left, ++at) {
    crc = (crc >> 8) ^ kTables.entry[0][(crc ^ *at) & 0xFFu];
  }
  return ~crc;
}

}  // namespace cutpoint
