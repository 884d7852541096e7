// Clocks that Python hands to a session.
#ifndef CUTPOINT_BINDINGS_CLOCKS_H_
#define CUTPOINT_BINDINGS_CLOCKS_H_

#include <chrono>
#include <cstdint>

#include "clock.h"

namespace cutpoint {

// What both have in common, so that a session takes either.
class PythonClock : public Clock {
 public:
  virtual ~PythonClock() = default;
};

class MonotonicClock final : public PythonClock {
 public:
  uint64_t now_us() override {
    const auto since_boot = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(since_boot).count());
  }
};

// Stands still until told otherwise; may be set back, as a broken clock would.
class ManualClock final : public PythonClock {
 public:
  explicit ManualClock(uint64_t now_us) : now_us_(now_us) {}
  uint64_t now_us() override { return now_us_; }
  void advance(uint64_t us) { now_us_ += us; }
  void set(uint64_t now_us) { now_us_ = now_us; }

 private:
  uint64_t now_us_;
};

}  // namespace cutpoint

#endif  // CUTPOINT_BINDINGS_CLOCKS_H_
