// rANS with two symbols, and with numbers of even frequency (docs/codecs.md, "slicer"). A state of 23 bits makes the
// reciprocal of a frequency exact in one product, without a shift.
#ifndef CUTPOINT_CODEC_SLICER_FLAGS_H_
#define CUTPOINT_CODEC_SLICER_FLAGS_H_

#include <stddef.h>
#include <stdint.h>

#include "../../span.h"
#include "../../status.h"

namespace cutpoint {

constexpr uint32_t kFlagLow = 1u << 15;  // L: a state is in [L, 256 L) between symbols
constexpr uint32_t kFlagSum = 256;
constexpr size_t kFlagStateBytes = 3;

// The frequency of 1, where `ones` of `all` flags are.
constexpr uint8_t flag_frequency(uint32_t ones, uint32_t all) {
  const uint32_t share = all == 0 ? 0 : (512 * ones + all) / (2 * all);
  return static_cast<uint8_t>(share < 1 ? 1 : share > 255 ? 255 : share);
}

// One of the two symbols, as an encoder wants it.
struct FlagSymbol {
  uint32_t limit;  // states from here on are too large
  uint32_t reciprocal;
  uint32_t rest;  // kFlagSum - frequency
  uint32_t start;

  void set(uint32_t frequency, uint32_t start_of_it) {
    limit = frequency * kFlagLow;
    rest = kFlagSum - frequency;
    // ceil(2^32 / frequency): a state below 2^23 is divided exactly. Of frequency 1 it does not fit; the largest that does
    // divides to one less, which the start makes up for.
    reciprocal = frequency == 1 ? UINT32_MAX : UINT32_MAX / frequency + 1;
    start = frequency == 1 ? start_of_it + rest : start_of_it;
  }
};

struct Flag {
  FlagSymbol symbol[2];

  void set(uint8_t ones) {
    symbol[0].set(kFlagSum - ones, 0);
    symbol[1].set(ones, kFlagSum - ones);
  }
};

// Writes from the end of a buffer to its front.
class FlagWriter {
 public:
  explicit FlagWriter(MutableBytes out) : begin_(out.begin()), at_(out.end()), end_(out.end()) {}

  // False where a byte does not fit.
  inline __attribute__((always_inline)) bool put(const FlagSymbol& symbol) {
    while (state_ >= symbol.limit) {
      if (at_ == begin_) {
        return false;
      }
      *--at_ = static_cast<uint8_t>(state_ & 0xFFu);
      state_ >>= 8;
    }
    const uint32_t quotient = static_cast<uint32_t>(static_cast<uint64_t>(state_) * symbol.reciprocal >> 32);
    state_ += quotient * symbol.rest + symbol.start;
    return true;
  }

  // A number of up to 11 bits.
  bool put_even(uint32_t number, uint32_t bits) {
    while (state_ >> (23 - bits) != 0) {
      if (at_ == begin_) {
        return false;
      }
      *--at_ = static_cast<uint8_t>(state_ & 0xFFu);
      state_ >>= 8;
    }
    state_ = state_ << bits | number;
    return true;
  }

  // Bytes written in all; 0 where the state does not fit.
  size_t finish() {
    if (static_cast<size_t>(at_ - begin_) < kFlagStateBytes) {
      return 0;
    }
    at_ -= kFlagStateBytes;
    for (size_t i = 0; i < kFlagStateBytes; ++i) {
      at_[i] = static_cast<uint8_t>(state_ >> (8 * i) & 0xFFu);
    }
    return static_cast<size_t>(end_ - at_);
  }

 private:
  uint8_t* begin_;
  uint8_t* at_;
  uint8_t* end_;
  uint32_t state_ = kFlagLow;
};

// Reads forward. Past the end it reads zeros, which keep the state in its range, and finish() tells of them.
class FlagReader {
 public:
  explicit FlagReader(Bytes stream) : at_(stream.begin()), end_(stream.end()) {
    for (uint32_t i = 0; i < kFlagStateBytes; ++i) {
      state_ |= next() << (8 * i);
    }
    if (state_ < kFlagLow) {
      sound_ = false;
      state_ = kFlagLow;
    }
  }

  // `ones`: the frequency of 1.
  inline __attribute__((always_inline)) bool flag(uint32_t ones) {
    const uint32_t slot = state_ % kFlagSum;
    const uint32_t zeros = kFlagSum - ones;
    const uint32_t quotient = state_ / kFlagSum;
    const bool is_one = slot >= zeros;
    state_ = is_one ? quotient * ones + slot - zeros : quotient * zeros + slot;
    if (state_ < kFlagLow) {
      state_ = state_ << 8 | next();
    }
    return is_one;
  }

  // The same without a branch on what it is: for flags that nobody can foretell.
  inline __attribute__((always_inline)) bool even_handed_flag(uint32_t ones) {
    const uint32_t slot = state_ % kFlagSum;
    const uint32_t zeros = kFlagSum - ones;
    const bool is_one = slot >= zeros;
    const uint32_t chosen = 0u - static_cast<uint32_t>(is_one);
    const uint32_t frequency = zeros ^ ((zeros ^ ones) & chosen);
    state_ = state_ / kFlagSum * frequency + slot - (zeros & chosen);
    if (state_ < kFlagLow) {
      state_ = state_ << 8 | next();
    }
    return is_one;
  }

  uint32_t even(uint32_t bits) {
    const uint32_t number = state_ & ((1u << bits) - 1);
    state_ >>= bits;
    while (state_ < kFlagLow) {
      state_ = state_ << 8 | next();
    }
    return number;
  }

  Status finish() const {
    return sound_ && state_ == kFlagLow && at_ == end_ ? Status::kOk : Status::kCoded;
  }

 private:
  uint32_t next() {
    if (at_ == end_) {
      sound_ = false;
      return 0;
    }
    return *at_++;
  }

  const uint8_t* at_;
  const uint8_t* end_;
  uint32_t state_ = 0;
  bool sound_ = true;
};

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_SLICER_FLAGS_H_
