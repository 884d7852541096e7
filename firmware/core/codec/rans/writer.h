// The state of a stream that is being encoded, and the bytes before it, last first.
#ifndef CUTPOINT_CODEC_RANS_WRITER_H_
#define CUTPOINT_CODEC_RANS_WRITER_H_

#include "../../bytes.h"
#include "model.h"
#include "rans.h"

namespace cutpoint {

// Constants that a compiler would load again for every symbol; as values of memory they stay in registers.
struct RansSums {
  uint32_t total = kFrequencySum;
  uint32_t mask = kFrequencySum - 1;
};

class RansWriter {
 public:
  explicit CUTPOINT_INLINE RansWriter(MutableBytes out) : begin_(out.begin()), at_(out.end()), end_(out.end()) {}

  // False where a byte does not fit.
  CUTPOINT_INLINE bool symbol(uint32_t reciprocal, uint32_t packed, const RansSums& sums) {
    static_assert((kRansLow >> kFrequencyBits << 8) == 1u << 19, "the limit of a symbol is frequency << 19");
    const uint32_t frequency = frequency_of(packed);
    while (state_ >= frequency << 19) {
      if (!shift_out()) {
        return false;
      }
    }
    // The state is below 2^31, so that twice of it fits and a frequency of 1 needs no case of its own.
    const uint64_t product = static_cast<uint64_t>(state_ << 1) * reciprocal;
    const uint32_t quotient = static_cast<uint32_t>(product >> 32) >> shift_of(packed);
    state_ += quotient * (sums.total - frequency) + (packed & sums.mask);
    return true;
  }

  CUTPOINT_INLINE bool even_bits(uint32_t level) {
    if (!shift_out()) {
      return false;
    }
    state_ = (state_ << 8) | level;
    return true;
  }

  // Bytes written in all; 0 where the state does not fit.
  CUTPOINT_INLINE size_t finish() {
    if (static_cast<size_t>(at_ - begin_) < kRansStateBytes) {
      return 0;
    }
    at_ -= kRansStateBytes;
    store_u32(at_, state_);
    return static_cast<size_t>(end_ - at_);
  }

 private:
  CUTPOINT_INLINE bool shift_out() {
    if (at_ == begin_) {
      return false;
    }
    --at_;
    *at_ = static_cast<uint8_t>(state_ & 0xFFu);
    state_ >>= 8;
    return true;
  }

  uint8_t* begin_;
  uint8_t* at_;
  uint8_t* end_;
  uint32_t state_ = kRansLow;
};

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_RANS_WRITER_H_
