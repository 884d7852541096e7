// Arrays of 16 and 32 bits in bytes that the caller lends, at multiples of 4: whole loads and stores on every target.
#ifndef CUTPOINT_CODEC_SLICER_WORDS_H_
#define CUTPOINT_CODEC_SLICER_WORDS_H_

#include <stddef.h>
#include <stdint.h>

namespace cutpoint {

template <typename T>
class Lent {
 public:
  explicit Lent(uint8_t* at) : at_(at) {}

  T operator[](size_t i) const {
    T value;
    __builtin_memcpy(&value, __builtin_assume_aligned(at_ + i * sizeof(T), sizeof(T)), sizeof value);
    return value;
  }
  void set(size_t i, T value) const {
    __builtin_memcpy(__builtin_assume_aligned(at_ + i * sizeof(T), sizeof(T)), &value, sizeof value);
  }

 private:
  uint8_t* at_;
};

using Halves = Lent<uint16_t>;
using Words = Lent<uint32_t>;

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_SLICER_WORDS_H_
