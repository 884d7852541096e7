// The short way from sums to int8 against the definition of TensorFlow Lite's reference kernels, written down as it is
// there: gemmlowp's SaturatingRoundingDoublingHighMul and RoundingDivideByPOT, one after the other.
#include "stream/requantise.h"

#include "check.h"

using namespace cutpoint::stream;

namespace {

int32_t defined_high_product(int32_t a, int32_t b) {
  const int64_t product = static_cast<int64_t>(a) * b;
  const int64_t nudge = product >= 0 ? (int64_t{1} << 30) : 1 - (int64_t{1} << 30);
  return static_cast<int32_t>((product + nudge) / (int64_t{1} << 31));
}

int32_t defined_shift(int32_t a, int exponent) {
  const int64_t half = exponent == 0 ? 0 : int64_t{1} << (exponent - 1);
  const int64_t all = int64_t{1} << exponent;
  return static_cast<int32_t>(a >= 0 ? (a + half) / all : -((-int64_t{a} + half) / all));
}

int8_t defined(uint32_t sum, int32_t multiplier, int32_t shift, int32_t zero_point, int32_t least, int32_t most) {
  const uint32_t shifted = shift > 0 ? sum << shift : sum;
  int64_t value = defined_shift(defined_high_product(static_cast<int32_t>(shifted), multiplier), shift > 0 ? 0 : -shift);
  value += zero_point;
  return static_cast<int8_t>(value < least ? least : value > most ? most : value);
}

// xorshift64: numbers of all lengths, so that small and large sums come equally often.
uint32_t any_number(uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  const uint32_t bits = static_cast<uint32_t>(state >> 59);
  const uint32_t number = static_cast<uint32_t>(state) >> bits;
  return (state & (uint64_t{1} << 40)) != 0 ? 0 - number : number;
}

void compare(uint32_t sum, int32_t multiplier, int32_t shift) {
  const Requantiser wide(0, -128, 127);
  const Requantiser clamped(-3, -3, 100);
  const uint32_t twice = 2 * static_cast<uint32_t>(multiplier);
  CHECK_EQ(wide(sum, twice, -shift - 1), defined(sum, multiplier, shift, 0, -128, 127));
  CHECK_EQ(clamped(sum, twice, -shift - 1), defined(sum, multiplier, shift, -3, -3, 100));
  if (shift <= 0) {
    const int32_t product = defined_high_product(static_cast<int32_t>(sum), multiplier);
    CHECK_EQ(high_product_of_twice<true>(static_cast<int32_t>(sum), twice), product);
    CHECK_EQ(high_product_of_twice<false>(static_cast<int32_t>(sum), twice), product);
  }
  CHECK_EQ(scaled(static_cast<int32_t>(sum), multiplier, shift),
           defined_shift(defined_high_product(static_cast<int32_t>(shift > 0 ? sum << shift : sum), multiplier),
                         shift > 0 ? 0 : -shift));
}

constexpr int32_t kMultipliers[] = {0, 1 << 30, (1 << 30) + 1, 0x5A827999, 0x60000000, 0x7FFFFFFE, 0x7FFFFFFF};

}  // namespace

TEST(every_small_sum_is_rounded_as_defined) {
  for (const int32_t multiplier : kMultipliers) {
    for (int32_t shift = -12; shift <= 2; ++shift) {
      for (int32_t sum = -70000; sum <= 70000; sum += 7) {
        compare(static_cast<uint32_t>(sum), multiplier, shift);
      }
      for (int32_t sum = -600; sum <= 600; ++sum) {
        compare(static_cast<uint32_t>(sum), multiplier, shift);
      }
    }
  }
}

TEST(sums_next_to_powers_of_two_are_rounded_as_defined) {
  for (const int32_t multiplier : kMultipliers) {
    for (int32_t shift = -31; shift <= 30; ++shift) {
      for (uint32_t bit = 0; bit < 32; ++bit) {
        for (uint32_t beside = 0; beside < 7; ++beside) {
          compare((1u << bit) + beside - 3, multiplier, shift);
          compare(0 - (1u << bit) + beside - 3, multiplier, shift);
        }
      }
    }
  }
}

TEST(any_sum_multiplier_and_shift_are_rounded_as_defined) {
  uint64_t state = 88172645463325252u;
  for (uint32_t i = 0; i < 1000000; ++i) {
    const uint32_t sum = any_number(state);
    const int32_t multiplier = static_cast<int32_t>((any_number(state) & 0x3FFFFFFF) | 0x40000000);
    const int32_t shift = static_cast<int32_t>(any_number(state) % 62) - 31;
    compare(sum, multiplier, shift);
  }
}

TEST(the_one_product_that_overflows_is_the_largest_number) {
  CHECK_EQ(high_product(INT32_MIN, INT32_MIN), INT32_MAX);
}
