// From 32-bit sums to int8, with the rounding of TensorFlow Lite's reference kernels.
#ifndef CUTPOINT_STREAM_REQUANTISE_H_
#define CUTPOINT_STREAM_REQUANTISE_H_

#include <stdint.h>

namespace cutpoint::stream {

// round(a * b / 2^31), halves up; the one overflow (both -2^31) is 2^31 - 1. As gemmlowp's
// SaturatingRoundingDoublingHighMul, by which converters' multipliers are meant: its nudge and its division, which
// rounds towards zero, are together a floor.
inline int32_t high_product(int32_t a, int32_t b) {
  if (a == INT32_MIN && b == INT32_MIN) {
    return INT32_MAX;
  }
  return static_cast<int32_t>((static_cast<int64_t>(a) * b + (int64_t{1} << 30)) >> 31);
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

// Whether the machine works with 64 bits at a time, as PCs do; the chips that this engine is for have 32.
constexpr bool kWide = sizeof(void*) == 8;

inline int32_t clamped_word(int32_t value, int32_t least, int32_t most) {
  return value < least ? least : value > most ? most : value;
}

// clamped(value + zero_point, ...) without an overflow.
inline int8_t placed(int32_t value, int32_t zero_point, int32_t least, int32_t most) {
  return static_cast<int8_t>(clamped_word(value, least - zero_point, most - zero_point) + zero_point);
}

// What an output channel of a convolution adds and is multiplied by, for `Requantiser`.
struct Channel {
  int32_t bias;     // as the model has it
  int32_t folded;   // bias - input zero point * sum of the channel's weights
  uint32_t twice;   // the multiplier times 2, so that its product's upper word is the one that counts
  int32_t right;    // -shift - 1, -31 to 30: the right shift but for the bit that rounds
};

inline int32_t wrapping_sum(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

// high_product with half of `twice`: the upper word of the product, rounded. A 32-bit machine has the rounding bit at
// hand and needs no carry from word to word.
template <bool wide = kWide>
inline int32_t high_product_of_twice(int32_t a, uint32_t twice) {
  const int64_t product = static_cast<int64_t>(a) * static_cast<int64_t>(twice);
  if constexpr (wide) {
    return static_cast<int32_t>((product + (int64_t{1} << 31)) >> 32);
  }
  return wrapping_sum(static_cast<int32_t>(product >> 32),
                      static_cast<int32_t>(static_cast<uint32_t>(product) >> 31));
}

// `placed` of `scaled`, exactly, for sums of convolutions: about 12 instructions on a 32-bit core with a high product.
class Requantiser {
 public:
  Requantiser(int32_t zero_point, int32_t least, int32_t most)
      : zero_point_(zero_point), least_(least - zero_point), most_(most - zero_point) {}

  int8_t operator()(uint32_t sum, uint32_t twice, int32_t right) const {
    int32_t value;
    if (right >= 0) {
      // Halves away from zero: one less for what is negative, then halves up.
      const int32_t product = high_product_of_twice(static_cast<int32_t>(sum), twice);
      const int32_t lowered = wrapping_sum(product, product >> 31) >> right;
      value = wrapping_sum(lowered, 1) >> 1;
    } else {
      value = high_product_of_twice(static_cast<int32_t>(sum << (-1 - right)), twice);
    }
    value = value < least_ ? least_ : value;
    value = value > most_ ? most_ : value;
    return static_cast<int8_t>(value + zero_point_);
  }
  int8_t operator()(uint32_t sum, const Channel& channel) const { return (*this)(sum, channel.twice, channel.right); }

 private:
  int32_t zero_point_;
  int32_t least_;
  int32_t most_;
};

inline bool shift_fits(int32_t shift) { return shift >= -31 && shift <= 30; }
inline bool is_int8(int32_t value) { return value >= INT8_MIN && value <= INT8_MAX; }

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_REQUANTISE_H_
