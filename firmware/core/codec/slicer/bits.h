// Bits in bytes, the least significant first.
#ifndef CUTPOINT_CODEC_SLICER_BITS_H_
#define CUTPOINT_CODEC_SLICER_BITS_H_

#include <stddef.h>
#include <stdint.h>

#include "../../span.h"
#include "../../status.h"

namespace cutpoint {

// The caller has measured what will be put.
class BitWriter {
 public:
  explicit BitWriter(uint8_t* to) : at_(to) {}

  // At most 16 bits; the number has no others.
  void put(uint32_t number, uint32_t bits) {
    held_ |= number << count_;
    count_ += bits;
    for (; count_ >= 8; count_ -= 8) {
      *at_++ = static_cast<uint8_t>(held_ & 0xFFu);
      held_ >>= 8;
    }
  }

  void finish() {
    if (count_ != 0) {
      *at_ = static_cast<uint8_t>(held_);
    }
  }

 private:
  uint8_t* at_;
  uint32_t held_ = 0;
  uint32_t count_ = 0;  // below 8 between calls
};

// Past the end it reads zeros, and finish() tells of them.
class BitReader {
 public:
  explicit BitReader(Bytes bytes) : at_(bytes.begin()), end_(bytes.end()) {}

  // At most 16 bits.
  uint32_t take(uint32_t bits) {
    while (count_ < bits) {
      if (at_ == end_) {
        ended_ = true;
        return 0;
      }
      held_ |= static_cast<uint32_t>(*at_++) << count_;
      count_ += 8;
    }
    const uint32_t number = held_ & ((1u << bits) - 1);
    held_ >>= bits;
    count_ -= bits;
    return number;
  }

  bool ended() const { return ended_; }
  // What is left must be less than a byte of zeros.
  Status finish() const { return !ended_ && at_ == end_ && count_ < 8 && held_ == 0 ? Status::kOk : Status::kCoded; }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
  uint32_t held_ = 0;
  uint32_t count_ = 0;
  bool ended_ = false;
};

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_SLICER_BITS_H_
