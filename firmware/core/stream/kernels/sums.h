// Inner loops of convolutions: sums of a block of output channels over weights in reading order.
#ifndef CUTPOINT_STREAM_KERNELS_SUMS_H_
#define CUTPOINT_STREAM_KERNELS_SUMS_H_

#include <stdint.h>

#include "../requantise.h"
#include "window.h"

namespace cutpoint::stream {

static_assert(kBlock == 4, "the loops below are written for four sums, which stay in registers");

// Sums of one pixel for kBlock output channels. They wrap, so that no constant makes them undefined.
struct BlockSums {
  uint32_t a, b, c, d;

  static BlockSums of_bias(const Channel* channels) {
    return {static_cast<uint32_t>(channels[0].bias), static_cast<uint32_t>(channels[1].bias),
            static_cast<uint32_t>(channels[2].bias), static_cast<uint32_t>(channels[3].bias)};
  }
  static BlockSums of_folded(const Channel* channels) {
    return {static_cast<uint32_t>(channels[0].folded), static_cast<uint32_t>(channels[1].folded),
            static_cast<uint32_t>(channels[2].folded), static_cast<uint32_t>(channels[3].folded)};
  }

  void add(int32_t value, int32_t weight_a, int32_t weight_b, int32_t weight_c, int32_t weight_d) {
    a += static_cast<uint32_t>(value * weight_a);
    b += static_cast<uint32_t>(value * weight_b);
    c += static_cast<uint32_t>(value * weight_c);
    d += static_cast<uint32_t>(value * weight_d);
  }

  // `count` elements from `from`, with kBlock weights each; the zero point is taken off each element.
  void add(const int8_t* from, const int8_t* weights, uint32_t count, int32_t zero_point) {
    for (const int8_t* end = from + count; from != end; ++from, weights += kBlock) {
      add(*from - zero_point, weights[0], weights[1], weights[2], weights[3]);
    }
  }

  // The pixel's channels of this block, the first `count` of them. The requantiser is copied: bytes that are written
  // could otherwise be part of it.
  void store(const Channel* channels, Requantiser requantise, int8_t* to, uint32_t count) const {
    int8_t last[kBlock];
    int8_t* made = count < kBlock ? last : to;
    made[0] = requantise(a, channels[0]);
    made[1] = requantise(b, channels[1]);
    made[2] = requantise(c, channels[2]);
    made[3] = requantise(d, channels[3]);
    if (made != to) {
      for (uint32_t i = 0; i < count; ++i) {
        to[i] = last[i];
      }
    }
  }
};

// The same elements' weights for two pixels at once, so that each weight that is loaded counts twice. Returns the weights
// behind those that were read.
inline const int8_t* add_two(BlockSums& first, BlockSums& second, const int8_t* from, const int8_t* from_second,
                             const int8_t* weights, uint32_t count) {
  const int8_t* const end = from + count;
  if (count % 2 != 0) {
    first.add(from[0], weights[0], weights[1], weights[2], weights[3]);
    second.add(from_second[0], weights[0], weights[1], weights[2], weights[3]);
    from += 1;
    from_second += 1;
    weights += kBlock;
  }
  for (; from != end; from += 2, from_second += 2, weights += 2 * kBlock) {
    first.add(from[0], weights[0], weights[1], weights[2], weights[3]);
    second.add(from_second[0], weights[0], weights[1], weights[2], weights[3]);
    first.add(from[1], weights[4], weights[5], weights[6], weights[7]);
    second.add(from_second[1], weights[4], weights[5], weights[6], weights[7]);
  }
  return weights;
}

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_KERNELS_SUMS_H_
