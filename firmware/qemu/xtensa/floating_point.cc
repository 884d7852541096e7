// float32 by integers, for the lx106, which computes no floating point: the functions that Debian's libgcc leaves out
// (arithmetic.cc says why) and that the core needs. IEEE 754, rounding to the nearest, ties to even. The names are
// libgcc's.
#include "bytes.h"

namespace {

constexpr uint32_t kSign = 0x80000000u;
constexpr uint32_t kInfinity = 0x7F800000u;
constexpr uint32_t kNotANumber = 0x7FC00000u;
constexpr uint32_t kHidden = 0x00800000u;  // the leading 1 that the bits leave out
constexpr int kFractionBits = 23;
constexpr int kGuardBits = 3;  // what rounding has to know of the bits that are lost
constexpr int kMostExponent = 255;

constexpr uint32_t size_of(uint32_t bits) { return bits & ~kSign; }

// Subnormal numbers have the exponent of the smallest normal one, and no leading 1.
int exponent_of(uint32_t bits) {
  const uint32_t exponent = size_of(bits) >> kFractionBits;
  return exponent == 0 ? 1 : static_cast<int>(exponent);
}

uint32_t significand_of(uint32_t bits) {
  const uint32_t fraction = bits & (kHidden - 1);
  return size_of(bits) < kHidden ? fraction : fraction | kHidden;
}

// The lowest bit stands for everything that was shifted out.
uint32_t shifted_right(uint32_t value, int count) {
  if (count > 31) {
    return value != 0 ? 1 : 0;
  }
  const uint32_t lost = value & ((uint32_t{1} << count) - 1);
  return value >> count | (lost != 0 ? 1u : 0u);
}

// significand: with kGuardBits behind it, below 2 * kHidden before them.
uint32_t packed(uint32_t sign, int exponent, uint32_t significand) {
  const uint32_t guard = significand & ((1u << kGuardBits) - 1);
  significand >>= kGuardBits;
  constexpr uint32_t kHalf = 1u << (kGuardBits - 1);
  if (guard > kHalf || (guard == kHalf && (significand & 1u) != 0)) {
    significand += 1;
  }
  if (significand == 2 * kHidden) {
    significand = kHidden;
    exponent += 1;
  }
  if (exponent >= kMostExponent) {
    return sign | kInfinity;
  }
  if (significand < kHidden) {
    return sign | significand;
  }
  return sign | static_cast<uint32_t>(exponent) << kFractionBits | (significand & (kHidden - 1));
}

uint32_t sum(uint32_t a, uint32_t b) {
  if (size_of(a) < size_of(b)) {
    const uint32_t smaller = a;
    a = b;
    b = smaller;
  }
  if (size_of(a) >= kInfinity) {
    const bool undefined = size_of(a) > kInfinity || (size_of(b) == kInfinity && a != b);
    return undefined ? kNotANumber : a;
  }
  const uint32_t sign = a & kSign;
  int exponent = exponent_of(a);
  const uint32_t larger = significand_of(a) << kGuardBits;
  const uint32_t smaller = shifted_right(significand_of(b) << kGuardBits, exponent - exponent_of(b));
  if (sign == (b & kSign)) {
    const uint32_t both = larger + smaller;
    if (both >= kHidden << (kGuardBits + 1)) {
      return packed(sign, exponent + 1, shifted_right(both, 1));
    }
    return packed(sign, exponent, both);
  }
  uint32_t difference = larger - smaller;
  if (difference == 0) {
    return 0;
  }
  while (difference < kHidden << kGuardBits && exponent > 1) {
    difference <<= 1;
    exponent -= 1;
  }
  return packed(sign, exponent, difference);
}

}  // namespace

extern "C" {

float __addsf3(float a, float b) {
  return cutpoint::float_of_bits(sum(cutpoint::bits_of_float(a), cutpoint::bits_of_float(b)));
}

float __subsf3(float a, float b) {
  return cutpoint::float_of_bits(sum(cutpoint::bits_of_float(a), cutpoint::bits_of_float(b) ^ kSign));
}

float __floatsisf(int32_t value) {
  if (value == 0) {
    return 0.0f;
  }
  const uint32_t sign = value < 0 ? kSign : 0;
  uint32_t size = value < 0 ? 0u - static_cast<uint32_t>(value) : static_cast<uint32_t>(value);
  const int zeros = __builtin_clz(size);
  // The leading 1 to bit 31, then down to where packed() wants it.
  size = shifted_right(size << zeros, 31 - kFractionBits - kGuardBits);
  return cutpoint::float_of_bits(packed(sign, 127 + 31 - zeros, size));
}

}  // extern "C"
