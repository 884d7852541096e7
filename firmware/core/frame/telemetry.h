// The telemetry message: gauges that the device has, and what it counted since boot.
#ifndef CUTPOINT_FRAME_TELEMETRY_H_
#define CUTPOINT_FRAME_TELEMETRY_H_

#include <stddef.h>
#include <stdint.h>

#include "../bytes.h"
#include "header.h"

namespace cutpoint {

enum class Gauge : uint8_t {
  kHeapNow = 0,           // B
  kHeapLeast = 1,         // B
  kLargestFreeBlock = 2,  // B
  kCpuClock = 3,          // MHz
  kChipTemperature = 4,   // signed, 0.01 degrees C
  kRssi = 5,              // signed, dBm
  kEnergyMeasured = 6,    // uJ since the last telemetry
  kEnergyModelled = 7,    // uJ since the last telemetry
  kPsramNow = 8,          // B
  kPsramLeast = 9,        // B
  kStackLeast = 10,       // B, the least that any of the firmware's own tasks ever had free
};
constexpr size_t kGauges = 11;

constexpr bool gauge_is_signed(Gauge gauge) { return gauge == Gauge::kChipTemperature || gauge == Gauge::kRssi; }

enum class CounterId : uint16_t {
  kInferences = 1,
  kAnsweredByEdge = 2,
  kAnsweredByDevice = 3,
  kUnanswered = 4,
  kDeadlinesMissed = 5,
  kLateResults = 6,
  kDuplicateResults = 7,
  kBadFrames = 8,
  kStalePlans = 9,
  kRefusedByEdge = 10,
  kProbes = 11,
  kUnsupportedCommands = 12,
};
constexpr uint16_t kMaxCounters = 64;
constexpr size_t kCounterBytes = 6;
constexpr size_t kMaxTelemetryPayloadBytes = 4 + 4 * kGauges + 2 + kMaxCounters * kCounterBytes;

struct Counter {
  uint16_t id;  // a CounterId, or a number that this version does not know
  uint32_t value;
};

// Gauges are absent until set: no device reports a sensor that it lacks as 0.
class Gauges {
 public:
  void set(Gauge gauge, uint32_t value) { put(gauge, value); }
  void set_signed(Gauge gauge, int32_t value) { put(gauge, static_cast<uint32_t>(value)); }
  bool has(Gauge gauge) const { return (mask_ >> static_cast<uint8_t>(gauge) & 1u) != 0; }
  // Bits as on the wire; for kChipTemperature and kRssi the two's complement of a signed number.
  uint32_t value(Gauge gauge) const { return values_[static_cast<uint8_t>(gauge)]; }
  uint32_t mask() const { return mask_; }

 private:
  void put(Gauge gauge, uint32_t value) {
    values_[static_cast<uint8_t>(gauge)] = value;
    mask_ |= 1u << static_cast<uint8_t>(gauge);
  }

  uint32_t mask_ = 0;
  uint32_t values_[kGauges] = {};
};

struct TelemetryView {
  Gauges gauges;
  uint16_t counter_count;
  Bytes counters;  // points into the payload

  Counter counter(size_t i) const;  // i < counter_count
};

Status read_telemetry(const Header& header, Bytes payload, TelemetryView& view);
Status write_telemetry(const Gauges& gauges, Span<const Counter> counters, ByteWriter& writer);

}  // namespace cutpoint

#endif  // CUTPOINT_FRAME_TELEMETRY_H_
