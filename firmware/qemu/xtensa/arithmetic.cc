// Arithmetic of 64 bits, and division, for the lx106. It has no instruction for either, and Debian's libgcc leaves
// these functions out, because the ROM of the chip it is made for (ESP8266) has them. The names are libgcc's.
#include <stdint.h>

namespace {

struct Divided {
  uint64_t quotient;
  uint64_t remainder;
};

constexpr uint64_t pair(uint32_t high, uint32_t low) { return (static_cast<uint64_t>(high) << 32) | low; }

// By schoolbook halves of 16 bits: mull gives the low 32 bits of a product only.
uint64_t product(uint32_t a, uint32_t b) {
  const uint32_t a_low = a & 0xFFFFu;
  const uint32_t a_high = a >> 16;
  const uint32_t b_low = b & 0xFFFFu;
  const uint32_t b_high = b >> 16;
  const uint32_t low = a_low * b_low;
  const uint32_t first = a_low * b_high;
  const uint32_t second = a_high * b_low;
  const uint32_t middle = (low >> 16) + (first & 0xFFFFu) + (second & 0xFFFFu);
  return pair(a_high * b_high + (first >> 16) + (second >> 16) + (middle >> 16), (low & 0xFFFFu) | middle << 16);
}

// A bit at a time, from the highest of the dividend. Division by 0 gives all ones, as on RISC-V.
Divided divided(uint64_t dividend, uint64_t divisor) {
  Divided result = {0, 0};
  for (unsigned bit = 64; bit-- > 0;) {
    result.remainder = result.remainder << 1 | (dividend >> bit & 1u);
    if (result.remainder >= divisor) {
      result.remainder -= divisor;
      result.quotient |= uint64_t{1} << bit;
    }
  }
  return result;
}

uint32_t quotient(uint32_t dividend, uint32_t divisor, uint32_t& remainder) {
  uint32_t result = 0;
  remainder = 0;
  for (unsigned bit = 32; bit-- > 0;) {
    remainder = remainder << 1 | (dividend >> bit & 1u);
    if (remainder >= divisor) {
      remainder -= divisor;
      result |= 1u << bit;
    }
  }
  return result;
}

constexpr uint32_t magnitude(int32_t value) {
  return value < 0 ? 0u - static_cast<uint32_t>(value) : static_cast<uint32_t>(value);
}

constexpr uint64_t magnitude(int64_t value) {
  return value < 0 ? 0u - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
}

}  // namespace

extern "C" {

uint64_t __umulsidi3(uint32_t a, uint32_t b) { return product(a, b); }

uint64_t __muldi3(uint64_t a, uint64_t b) {
  const uint32_t a_low = static_cast<uint32_t>(a);
  const uint32_t b_low = static_cast<uint32_t>(b);
  const uint32_t crossed = a_low * static_cast<uint32_t>(b >> 32) + static_cast<uint32_t>(a >> 32) * b_low;
  return product(a_low, b_low) + pair(crossed, 0);
}

uint32_t __udivsi3(uint32_t dividend, uint32_t divisor) {
  uint32_t remainder;
  return quotient(dividend, divisor, remainder);
}

uint32_t __umodsi3(uint32_t dividend, uint32_t divisor) {
  uint32_t remainder;
  (void)quotient(dividend, divisor, remainder);
  return remainder;
}

int32_t __divsi3(int32_t dividend, int32_t divisor) {
  uint32_t remainder;
  const uint32_t size = quotient(magnitude(dividend), magnitude(divisor), remainder);
  return static_cast<int32_t>((dividend < 0) != (divisor < 0) ? 0u - size : size);
}

uint64_t __udivdi3(uint64_t dividend, uint64_t divisor) { return divided(dividend, divisor).quotient; }

uint64_t __umoddi3(uint64_t dividend, uint64_t divisor) { return divided(dividend, divisor).remainder; }

int64_t __divdi3(int64_t dividend, int64_t divisor) {
  const uint64_t size = divided(magnitude(dividend), magnitude(divisor)).quotient;
  return static_cast<int64_t>((dividend < 0) != (divisor < 0) ? 0u - size : size);
}

}  // extern "C"
