// What a session counts since boot.
#ifndef CUTPOINT_SESSION_COUNTERS_H_
#define CUTPOINT_SESSION_COUNTERS_H_

#include <stdint.h>

#include "../frame/telemetry.h"

namespace cutpoint {

constexpr uint16_t kWireCounters = static_cast<uint16_t>(CounterId::kUnsupportedCommands);

// Counts that stay on the device: they speak of its own driver and clock.
struct LocalCounters {
  uint32_t misuse = 0;             // events that came out of order, or with figures that contradict the model
  uint32_t clock_jumps = 0;        // see session_clock.h
  uint32_t unsent_reports = 0;     // answers of its own not sent, because too many were unacknowledged
  uint32_t repeated_commands = 0;  // commands that came twice
  uint32_t dropped_commands = 0;   // commands that came before the one before was polled
  uint32_t unfit_plans = 0;        // plans with a cut that there is no memory for: another one is taken
  uint32_t unfit_codecs = 0;       // plans with a setting that is not in the tables on board: raw is sent
};

class Counters {
 public:
  void count(CounterId id) { ++values_[index(id)]; }
  uint32_t value(CounterId id) const { return values_[index(id)]; }

  LocalCounters local;

 private:
  static uint16_t index(CounterId id) { return static_cast<uint16_t>(static_cast<uint16_t>(id) - 1); }

  uint32_t values_[kWireCounters] = {};
};

}  // namespace cutpoint

#endif  // CUTPOINT_SESSION_COUNTERS_H_
