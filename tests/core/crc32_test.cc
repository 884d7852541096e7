// Known checksums; tests/codec compares long inputs with zlib's own.
#include "crc32.h"

#include "check.h"

using namespace cutpoint;

namespace {

Bytes text(const char* characters) {
  return Bytes(reinterpret_cast<const uint8_t*>(characters), std::strlen(characters));
}

}  // namespace

TEST(the_check_value_of_the_polynomial_is_met) { CHECK_EQ(crc32(0, text("123456789")), 0xCBF43926u); }

TEST(nothing_has_the_checksum_zero) { CHECK_EQ(crc32(0, Bytes()), 0u); }

TEST(a_checksum_can_be_continued_at_any_byte) {
  const char* all = "operators [0, cut) run on the device";
  const uint32_t whole = crc32(0, text(all));
  for (size_t at = 0; at <= std::strlen(all); ++at) {
    CHECK_EQ(crc32(crc32(0, text(all).first(at)), text(all).from(at)), whole);
  }
}
