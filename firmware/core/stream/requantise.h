// From 32-bit sums to int8, with the rounding of TensorFlow Lite's reference kernels.
#ifndef CUTPOINT_STREAM_REQUANTISE_H_
#define CUTPOINT_STREAM_REQUANTISE_H_

#include <stdint.h>

namespace cutpoint::stream {

// round(a * b / 2^31), half away from zero; the one overflow (both -2^31) is 2^31 - 1. As gemmlowp's
// SaturatingRoundingDoublingHighMul, by which converters' multipliers are meant.
inline int32_t high_product(int32_t a, int32_t b) {
  if (a == INT32_MIN && b == INT32_MIN) {
    return INT32_MAX;
  }
  const int64_t product = static_cast<int64_t>(a) * b;
  const int64_t nudge = product >= 0 ? (int64_t{1} << 30) : 1 - (int64_t{1} << 30);
  return static_cast<int32_t>((product + nudge) / (int64_t{1} << 31));
}

// round(a / 2^exponent), half away from zero; exponent 0 to 31.
inline int32_t rounded_shift(int32_t a, int exponent) {
  const int32_t mask = static_cast<int32_t>((uint32_t{1} << exponent) - 1);
  const int32_t remainder = a & mask;
  const int32_t threshold = (mask >> 1) + (a < 0 ? 1 : 0);
  return (a >> exponent) + (remainder > threshold ? 1 : 0);
}

// a * multiplier / 2^31 * 2^shift; shift -31 to 30. A left shift that overflows wraps.
inline int32_t scaled(int32_t a, int32_t multiplier, int32_t shift) {
  const int left = shift > 0 ? shift : 0;
  const int right = shift > 0 ? 0 : -shift;
  return rounded_shift(high_product(static_cast<int32_t>(static_cast<uint32_t>(a) << left), multiplier), right);
}

inline int32_t clamped_word(int32_t value, int32_t least, int32_t most) {
  return value < least ? least : value > most ? most : value;
}

// clamped(value + zero_point, ...) without an overflow.
inline int8_t placed(int32_t value, int32_t zero_point, int32_t least, int32_t most) {
  return static_cast<int8_t>(clamped_word(value, least - zero_point, most - zero_point) + zero_point);
}

inline bool shift_fits(int32_t shift) { return shift >= -31 && shift <= 30; }
inline bool is_int8(int32_t value) { return value >= INT8_MIN && value <= INT8_MAX; }

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_REQUANTISE_H_
