// Time as the core sees it: microseconds that count up from a start of the platform's choosing.
#ifndef CUTPOINT_CLOCK_H_
#define CUTPOINT_CLOCK_H_

#include <stdint.h>

namespace cutpoint {

// Implemented per platform: esp_timer on the ESP32, a monotonic clock on a PC, an instruction counter on bare QEMU.
// Only differences are used, and a clock that jumps costs a counter, never an inference (session/session_clock.h).
class Clock {
 public:
  virtual uint64_t now_us() = 0;

 protected:
  ~Clock() = default;
};

}  // namespace cutpoint

#endif  // CUTPOINT_CLOCK_H_
