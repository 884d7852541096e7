// Rule 8: a device that the edge stops answering helps itself at once, and asks again ever more rarely.
#ifndef CUTPOINT_SESSION_ISOLATION_H_
#define CUTPOINT_SESSION_ISOLATION_H_

#include <stdint.h>

namespace cutpoint {

// Times are session time, us. No randomness here: a fleet that probes in step is spread by its drivers.
class Isolation {
 public:
  void begin(uint8_t isolate_after, uint32_t probe_first_ms, uint32_t probe_max_ms) {
    *this = Isolation();
    isolate_after_ = isolate_after;
    first_us_ = probe_first_ms * 1000ull;
    max_us_ = probe_max_ms * 1000ull;
  }

  bool isolated() const { return isolated_; }
  bool probe_due(uint64_t now) const { return isolated_ && now >= next_probe_us_; }

  // A deadline passed. Several that pass in one look count once, so that a device that overslept is not isolated.
  void missed(uint64_t now) {
    if (missed_in_row_ < isolate_after_) {
      ++missed_in_row_;
    }
    if (missed_in_row_ >= isolate_after_ && !isolated_) {
      isolate(now);
    }
  }

  void isolate(uint64_t now) {
    if (!isolated_) {
      isolated_ = true;
      restart_interval(now);
    }
  }

  // The edge answered or acknowledged in time. A late answer does not end the isolation: an edge that is always late
  // would draw the device into waiting for nothing again and again.
  void answered() {
    missed_in_row_ = 0;
    isolated_ = false;
  }

  // The edge is there but refused: that breaks the row, and proves nothing to an isolated device.
  void refused() { missed_in_row_ = 0; }

  // A new connection: the edge may be reachable again, so the interval starts afresh.
  void reconnected(uint64_t now) {
    missed_in_row_ = 0;
    restart_interval(now);
  }

  void probe_sent(uint64_t now) {
    interval_us_ = interval_us_ > max_us_ / 2 ? max_us_ : interval_us_ * 2;
    next_probe_us_ = now + interval_us_;
  }

 private:
  void restart_interval(uint64_t now) {
    interval_us_ = first_us_;
    next_probe_us_ = now + interval_us_;
  }

  uint64_t first_us_ = 0;
  uint64_t max_us_ = 0;
  uint64_t interval_us_ = 0;
  uint64_t next_probe_us_ = 0;
  uint8_t isolate_after_ = 0;
  uint8_t missed_in_row_ = 0;
  bool isolated_ = false;
};

}  // namespace cutpoint

#endif  // CUTPOINT_SESSION_ISOLATION_H_
