#include "line.h"

#include <stddef.h>

#include "machine.h"

namespace cutpoint {
namespace qemu {
namespace {

constexpr size_t kDecimalDigits = 20;  // of the largest uint64_t
constexpr unsigned kHexDigits = 8;

void say_key(const char* key) {
  say(" ");
  say(key);
  say("=");
}

}  // namespace

Line::Line(const char* name) { say(name); }

Line::~Line() { say("\n"); }

Line& Line::number(const char* key, uint64_t value) {
  char digits[kDecimalDigits + 1];
  size_t first = kDecimalDigits;
  digits[first] = 0;
  do {
    first -= 1;
    digits[first] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  say_key(key);
  say(digits + first);
  return *this;
}

Line& Line::hex(const char* key, uint32_t value) {
  char digits[kHexDigits + 1];
  digits[kHexDigits] = 0;
  for (unsigned at = 0; at < kHexDigits; ++at) {
    digits[at] = "0123456789abcdef"[value >> (4 * (kHexDigits - 1 - at)) & 15u];
  }
  say_key(key);
  say("0x");
  say(digits);
  return *this;
}

}  // namespace qemu
}  // namespace cutpoint
