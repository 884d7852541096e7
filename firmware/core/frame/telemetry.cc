#include "telemetry.h"

namespace cutpoint {
namespace {

constexpr uint32_t kKnownGauges = (1u << kGauges) - 1;

}  // namespace

Counter TelemetryView::counter(size_t i) const {
  const uint8_t* at = counters.data() + i * kCounterBytes;
  return Counter{load_u16(at), load_u32(at + 2)};
}

Status read_telemetry(const Header& header, Bytes payload, TelemetryView& view) {
  if (header.kind != Kind::kTelemetry) {
    return Status::kKind;
  }
  if (header.sequence != 0) {
    return Status::kReserved;
  }
  view = TelemetryView();
  ByteReader reader(payload);
  uint32_t mask = 0;
  CUTPOINT_TRY(reader.u32(mask));
  if ((mask & ~kKnownGauges) != 0) {
    return Status::kReserved;
  }
  for (uint8_t i = 0; i < kGauges; ++i) {
    if ((mask >> i & 1u) != 0) {
      uint32_t value = 0;
      CUTPOINT_TRY(reader.u32(value));
      view.gauges.set(static_cast<Gauge>(i), value);
    }
  }
  CUTPOINT_TRY(reader.u16(view.counter_count));
  if (view.counter_count > kMaxCounters) {
    return Status::kCount;
  }
  CUTPOINT_TRY(reader.take(view.counter_count * kCounterBytes, view.counters));
  return reader.finished();
}

Status write_telemetry(const Gauges& gauges, Span<const Counter> counters, ByteWriter& writer) {
  if (counters.size() > kMaxCounters) {
    return Status::kCount;
  }
  CUTPOINT_TRY(writer.u32(gauges.mask()));
  for (uint8_t i = 0; i < kGauges; ++i) {
    const Gauge gauge = static_cast<Gauge>(i);
    if (gauges.has(gauge)) {
      CUTPOINT_TRY(writer.u32(gauges.value(gauge)));
    }
  }
  CUTPOINT_TRY(writer.u16(static_cast<uint16_t>(counters.size())));
  for (const Counter& counter : counters) {
    CUTPOINT_TRY(writer.u16(counter.id));
    CUTPOINT_TRY(writer.u32(counter.value));
  }
  return Status::kOk;
}

}  // namespace cutpoint
