// Inner loops of convolutions: sums of a block of output channels over weights in reading order.
#ifndef CUTPOINT_STREAM_KERNELS_SUMS_H_
#define CUTPOINT_STREAM_KERNELS_SUMS_H_

#include <stdint.h>

#include "../requantise.h"
#include "window.h"

namespace cutpoint::stream {

// Sums wrap, so that no constant makes them undefined.
struct BlockSums {
  uint32_t of[kBlock];

  // count elements from `from`, with kBlock weights each; the zero point is taken off each element.
  void add(const int8_t* from, const int8_t* weights, uint32_t count, int32_t zero_point) {
    for (const int8_t* end = from + count; from != end; ++from, weights += kBlock) {
      const int32_t value = *from - zero_point;
      for (uint32_t i = 0; i < kBlock; ++i) {
        of[i] += static_cast<uint32_t>(value * weights[i]);
      }
    }
  }
};

// One pixel's block of channels, `count` of which exist.
inline void store(const BlockSums& sums, const Channel* channels, const Requantiser& requantise, int8_t* to,
                  uint32_t count) {
  if (count >= kBlock) {
    for (uint32_t i = 0; i < kBlock; ++i) {
      to[i] = requantise(sums.of[i], channels[i]);
    }
    return;
  }
  for (uint32_t i = 0; i < count; ++i) {
    to[i] = requantise(sums.of[i], channels[i]);
  }
}

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_KERNELS_SUMS_H_
