// When to try again after a failure: twice as long each time, scattered, so that a hall of boards that lost one access
// point or broker does not come back in step.
#ifndef CUTPOINT_DEVICE_NET_BACKOFF_H_
#define CUTPOINT_DEVICE_NET_BACKOFF_H_

#include <stdint.h>

namespace cutpoint::device {

// Delays grow from `first_ms` to `most_ms`; each is drawn evenly from the upper half of its range, because a board that
// waits nearly nothing after a failure would only fail again ("equal jitter", AWS Architecture Blog, 2015).
class Backoff {
 public:
  // 1 <= first_ms <= most_ms; out of order they are taken as first_ms, and 0 as 1.
  Backoff(uint32_t first_ms, uint32_t most_ms)
      : first_ms_(first_ms == 0 ? 1 : first_ms), most_ms_(most_ms < first_ms_ ? first_ms_ : most_ms) {}

  // The delay before the next attempt, counted from now. `random` is any 32-bit number, new every time.
  uint32_t next_ms(uint32_t random) {
    const uint32_t whole = range_ms();
    if (failures_ < UINT32_MAX) {
      ++failures_;
    }
    const uint32_t half = whole / 2;
    const uint64_t scattered = static_cast<uint64_t>(random) * (whole - half + 1u);
    return half + static_cast<uint32_t>(scattered >> 32);
  }

  // It worked: the next failure begins anew.
  void reset() { failures_ = 0; }

  // Failures since the last success.
  uint32_t failures() const { return failures_; }

 private:
  uint32_t range_ms() const {
    uint32_t range = first_ms_;
    for (uint32_t i = 0; i < failures_ && range < most_ms_; ++i) {
      range = range > most_ms_ / 2 ? most_ms_ : range * 2;
    }
    return range;
  }

  uint32_t first_ms_;
  uint32_t most_ms_;
  uint32_t failures_ = 0;
};

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_NET_BACKOFF_H_
