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

  // The pixel's channels of this block, the first `left` of them. In line, with a copy of the requantiser in registers:
  // the bytes that are written could be part of the one that is given.
  [[gnu::always_inline]] void store(const Channel* channels, const Requantiser& requantiser, int8_t* to,
                                    uint32_t left) const {
    const Requantiser requantise = requantiser;
    if (left < kBlock) {
      store_last(a, b, c, channels, requantiser, to, left);
      return;
    }
    to[0] = requantise(a, channels[0]);
    to[1] = requantise(b, channels[1]);
    to[2] = requantise(c, channels[2]);
    to[3] = requantise(d, channels[3]);
  }

 private:
  // One to three channels. Static, so that sums need not lie in memory.
  static void store_last(uint32_t a, uint32_t b, uint32_t c, const Channel* channels, const Requantiser& requantise,
                         int8_t* to, uint32_t left);
};

// Sums of two pixels for kBlock output channels, so that each weight that is loaded counts twice.
template <bool wide>
class PairSums {
 public:
  explicit PairSums(const Channel* channels) : first_(BlockSums::of_folded(channels)), second_(first_) {}
  // An element of each pixel, and its weights.
  void add(int32_t first, int32_t second, const int8_t* weights) {
    first_.add(first, weights[0], weights[1], weights[2], weights[3]);
    second_.add(second, weights[0], weights[1], weights[2], weights[3]);
  }
  BlockSums first() const { return first_; }
  BlockSums second() const { return second_; }

 private:
  BlockSums first_, second_;
};

// Where registers have 64 bits the two pixels share them, and one multiplication makes two products: what the lower one
// borrows from the upper one is given back in the end.
template <>
class PairSums<true> {
 public:
  explicit PairSums(const Channel* channels)
      : a_(both(channels[0].folded, channels[0].folded)),
        b_(both(channels[1].folded, channels[1].folded)),
        c_(both(channels[2].folded, channels[2].folded)),
        d_(both(channels[3].folded, channels[3].folded)) {}
  void add(int32_t first, int32_t second, const int8_t* weights) {
    const uint64_t elements = both(first, second);
    a_ += elements * static_cast<uint64_t>(int64_t{weights[0]});
    b_ += elements * static_cast<uint64_t>(int64_t{weights[1]});
    c_ += elements * static_cast<uint64_t>(int64_t{weights[2]});
    d_ += elements * static_cast<uint64_t>(int64_t{weights[3]});
  }
  BlockSums first() const {
    return {static_cast<uint32_t>(a_), static_cast<uint32_t>(b_), static_cast<uint32_t>(c_), static_cast<uint32_t>(d_)};
  }
  BlockSums second() const { return {upper(a_), upper(b_), upper(c_), upper(d_)}; }

 private:
  static uint64_t both(int32_t first, int32_t second) {
    return static_cast<uint64_t>(int64_t{first}) + (static_cast<uint64_t>(int64_t{second}) << 32);
  }
  static uint32_t upper(uint64_t sums) {
    return static_cast<uint32_t>(sums >> 32) + (static_cast<uint32_t>(sums) >> 31);
  }
  uint64_t a_, b_, c_, d_;
};

// `count` elements of two pixels, which lie together; count is not 0. Returns the weights behind those that were read.
[[gnu::always_inline]] inline const int8_t* add_run(PairSums<kWide>& sums, const int8_t* first, const int8_t* second,
                                                   const int8_t* weights, uint32_t count) {
  const int8_t* const end = weights + count * kBlock;
  if (count % 2 != 0) {
    sums.add(first[0], second[0], weights);
    first += 1;
    second += 1;
    weights += kBlock;
  }
  for (; weights != end; first += 2, second += 2, weights += 2 * kBlock) {
    sums.add(first[0], second[0], weights);
    sums.add(first[1], second[1], weights + kBlock);
  }
  return end;
}

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_KERNELS_SUMS_H_
