// The time that a session lives by: it only counts up, whatever the platform's clock does.
#ifndef CUTPOINT_SESSION_SESSION_CLOCK_H_
#define CUTPOINT_SESSION_SESSION_CLOCK_H_

#include <stdint.h>

#include "../clock.h"
#include "../frame/plan.h"

namespace cutpoint {

// While an answer is awaited the driver looks at least once per deadline, so a longer step is a clock that jumped.
constexpr uint64_t kLongestWaitStepUs = (kMaxDeadlineMs + 60000) * 1000ull;
// With nothing under way a device may sleep; a day is as good as longer for a probe interval of a minute.
constexpr uint64_t kLongestIdleStepUs = 24ull * 3600 * 1000000;

class SessionClock {
 public:
  explicit SessionClock(Clock& clock) : clock_(clock), raw_us_(clock.now_us()) {}

  // Session time, us. A step backward, or one too long while `waiting`, is taken as no time at all: neither hangs a
  // deadline nor fires it. Sets jumped().
  uint64_t read(bool waiting) {
    const uint64_t raw = clock_.now_us();
    const uint64_t step = raw - raw_us_;
    if (raw < raw_us_ || (waiting && step > kLongestWaitStepUs)) {
      jumped_ = true;
    } else {
      now_us_ += step < kLongestIdleStepUs ? step : kLongestIdleStepUs;
    }
    raw_us_ = raw;
    return now_us_;
  }

  // Session time at the last read.
  uint64_t now_us() const { return now_us_; }

  // True once after each jump: whatever was being measured across it is void.
  bool take_jump() {
    const bool jumped = jumped_;
    jumped_ = false;
    return jumped;
  }

  // The platform's clock when session time will be `when`.
  uint64_t platform_us(uint64_t when) const {
    const uint64_t ahead = when > now_us_ ? when - now_us_ : 0;
    return ahead > UINT64_MAX - raw_us_ ? UINT64_MAX : raw_us_ + ahead;
  }

 private:
  Clock& clock_;
  uint64_t raw_us_;
  uint64_t now_us_ = 0;
  bool jumped_ = false;
};

}  // namespace cutpoint

#endif  // CUTPOINT_SESSION_SESSION_CLOCK_H_
