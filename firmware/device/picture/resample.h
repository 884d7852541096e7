// Bilinear scaling of one axis, as Pillow does it for pictures of bytes (src/libImaging/Resample.c): a triangle as wide
// as the reduction, weights of 22 fractional bits.
#ifndef CUTPOINT_DEVICE_PICTURE_RESAMPLE_H_
#define CUTPOINT_DEVICE_PICTURE_RESAMPLE_H_

#include <stddef.h>
#include <stdint.h>

namespace cutpoint::device {

constexpr int kWeightBits = 22;  // 32 less the 8 of a pixel and 2 for what a filter may overshoot

// From `in` to `out` elements, both at least 1.
class Resample {
 public:
  Resample(uint32_t in, uint32_t out);

  // The most elements that one result is made of.
  uint32_t most() const { return most_; }

  // Result `x` is the sum of `count` elements from `first` on, each times its weight; `weights` has room for most().
  void weights(uint32_t x, uint32_t& first, uint32_t& count, int32_t* weights) const;

 private:
  uint32_t in_;
  double scale_;    // elements of the input for one of the output
  double support_;  // half the triangle's base
  uint32_t most_;
};

// A sum of weights times bytes as a byte: rounded, saturated.
inline uint8_t weighted_byte(int32_t sum) {
  const int32_t value = sum >> kWeightBits;
  return value < 0 ? 0 : value > 255 ? 255 : static_cast<uint8_t>(value);
}
constexpr int32_t kWeightHalf = 1 << (kWeightBits - 1);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_PICTURE_RESAMPLE_H_
