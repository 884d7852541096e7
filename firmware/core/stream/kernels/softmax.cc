#include "softmax.h"

#include "../requantise.h"

namespace cutpoint::stream {
namespace {

// Sums of exponentials have 12 integer bits, as in LiteRT's softmax.h: more channels could overflow them.
constexpr int kSumShift = 12;
constexpr uint32_t kMaxChannels = 1u << kSumShift;

uint32_t leading_zeros(uint32_t value) {
  uint32_t zeros = 0;
  while ((value & 0x80000000u) == 0) {
    value <<= 1;
    ++zeros;
  }
  return zeros;
}

int32_t sum_of(int32_t a, int32_t b) { return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b)); }

// value * 2^bits, saturated.
int32_t saturated_shift(int32_t value, int bits) {
  const int32_t most = INT32_MAX >> bits;
  return value > most ? INT32_MAX : value < -most ? INT32_MIN : value * (1 << bits);
}

// 1 / (1 + fraction) for a fraction in [0, 1), both of 31 fractional bits: three steps of Newton and Raphson on
// (1 + fraction) / 2 from 48/17 - 32/17 * that. x has 2 integer bits, as in gemmlowp's fixedpoint.h, whose roundings
// these are.
int32_t reciprocal(uint32_t fraction) {
  const int32_t half = static_cast<int32_t>((fraction >> 1) + (1u << 30));
  int32_t x = sum_of(1515870810, high_product(half, -1010580540));
  for (int i = 0; i < 3; ++i) {
    const int32_t error = sum_of(1 << 29, -high_product(half, x));
    x = sum_of(x, saturated_shift(high_product(x, error), 2));
  }
  return saturated_shift(x, 1);
}

bool check(const Shapes& shapes) {
  const OperatorRecord& op = shapes.op;
  if (op.inputs != 1 || op.outputs != 1 || op.units_per_row != 1 || op.params != 0 || op.blob_bytes == 0) {
    return false;
  }
  const TensorRecord& in = *shapes.inputs[0];
  const TensorRecord& out = *shapes.outputs[0];
  const int32_t* exponentials = reinterpret_cast<const int32_t*>(op.blob());
  for (size_t i = 0; i < op.blob_bytes / 4; ++i) {
    if (exponentials[i] < 0) {
      return false;
    }
  }
  // Of the largest channel; at least it makes the sum positive.
  const bool positive = exponentials[0] >= 1 << kSumShift;
  return positive && in.item() == 1 && out.item() == 1 && in.rows == out.rows && in.width == out.width &&
         in.channels == out.channels && in.channels <= kMaxChannels;
}

void run(const Unit& unit) {
  const Lines& in = unit.inputs[0];
  const int32_t* exponentials = reinterpret_cast<const int32_t*>(unit.op.blob());
  const int32_t known = static_cast<int32_t>(unit.op.blob_bytes / 4);
  const int8_t* from = in.row(unit.unit);
  int8_t* to = unit.outputs[0].made(unit.unit);
  for (uint32_t x = 0; x < in.width; ++x, from += in.channels, to += in.channels) {
    int32_t largest = INT8_MIN;
    for (uint32_t c = 0; c < in.channels; ++c) {
      largest = from[c] > largest ? from[c] : largest;
    }
    uint32_t sum = 0;
    for (uint32_t c = 0; c < in.channels; ++c) {
      const int32_t difference = largest - from[c];
      sum += difference < known ? static_cast<uint32_t>(rounded_shift(exponentials[difference], kSumShift)) : 0;
    }
    const uint32_t zeros = leading_zeros(sum);
    const int32_t scale = reciprocal((sum << zeros) - (1u << 31));
    // 31 fractional bits to 8, and what the sum is above 1; with 32 bits nothing is left.
    const int exponent = 35 - static_cast<int>(zeros);
    for (uint32_t c = 0; c < in.channels; ++c) {
      const int32_t difference = largest - from[c];
      const bool counts = difference < known && exponent < 32;
      const int32_t value = counts ? rounded_shift(high_product(scale, exponentials[difference]), exponent) : 0;
      to[c] = placed(value, INT8_MIN, INT8_MIN, INT8_MAX);
    }
  }
}

}  // namespace

const Kernel kSoftmax = {check, run};

}  // namespace cutpoint::stream
