#include "lines.h"

#include "../../core/session/names.h"

namespace cutpoint::device {
namespace {

// "@event " in front of an object, in one piece of memory.
class EventLine {
 public:
  EventLine(const char* event, Span<char> to) : to_(to), head_(put_head(event, to)), json_(rest(to, head_)) {}

  JsonWriter& json() { return json_; }

  Text finish() {
    Text written;
    const bool whole = json_.finish(written) && head_ != 0;
    if (!whole && !to_.empty()) {
      to_[0] = '\0';
    }
    return whole ? Text(to_.data(), head_ + written.size()) : Text(to_.data(), 0);
  }

 private:
  // 0 when there is no room.
  static size_t put_head(const char* event, Span<char> to) {
    const Text name = text_of(event);
    if (to.size() < name.size() + 3) {
      return 0;
    }
    size_t at = 0;
    to[at++] = '@';
    for (const char character : name) {
      to[at++] = character;
    }
    to[at++] = ' ';
    return at;
  }
  static Span<char> rest(Span<char> to, size_t head) { return head == 0 ? Span<char>(to.data(), 0) : to.from(head); }

  Span<char> to_;
  size_t head_;
  JsonWriter json_;
};

void put(JsonWriter& json, const char* name, const char* value) {
  if (value != nullptr && *value != '\0') {
    json.text(name, value);
  }
}

void put_gauges(JsonWriter& json, const Gauges& gauges) {
  constexpr const char* names[kGauges] = {
      "heap_now",   "heap_least", "heap_largest", "cpu_mhz",    "temperature_centi", "rssi_dbm", "energy_measured_uj",
      "energy_modelled_uj", "psram_now",  "psram_least",  "stack_least"};
  for (uint8_t i = 0; i < kGauges; ++i) {
    const auto gauge = static_cast<Gauge>(i);
    if (!gauges.has(gauge)) {
      continue;
    }
    if (gauge_is_signed(gauge)) {
      json.number_signed(names[i], static_cast<int32_t>(gauges.value(gauge)));
    } else {
      json.number(names[i], gauges.value(gauge));
    }
  }
}

}  // namespace

const char* refusal_name(ResultStatus status) {
  switch (status) {
    case ResultStatus::kOk:
      return "refused";
    case ResultStatus::kBadFrame:
      return "refused: bad frame";
    case ResultStatus::kUnknownModel:
      return "refused: unknown model";
    case ResultStatus::kWrongCut:
      return "refused: wrong cut";
    case ResultStatus::kOverloaded:
      return "refused: overloaded";
    case ResultStatus::kTooLate:
      return "refused: too late";
    case ResultStatus::kFailed:
      return "refused: failed";
  }
  return "refused";
}

Text write_boot_line(const BootLine& boot, Span<char> to) {
  EventLine line("boot", to);
  line.json().text("id", boot.id).number("boot", boot.boot);
  put(line.json(), "firmware", boot.firmware);
  put(line.json(), "board", boot.board);
  put(line.json(), "reset", boot.reset);
  line.json().truth("safe_mode", boot.safe_mode);
  put(line.json(), "crash", boot.crash);
  return line.finish();
}

Text write_ready_line(const ReadyLine& ready, Span<char> to) {
  EventLine line("ready", to);
  line.json().text("id", ready.id).number("boot", ready.boot);
  return line.finish();
}

Text write_answer_line(const AnswerLine& answer, Span<char> to) {
  const Delivery& delivery = *answer.delivery;
  EventLine line("answer", to);
  line.json()
      .number("sequence", delivery.sequence)
      .text("by", by_name(delivery.by))
      .text("reason", delivery.reason == Reason::kRefused ? refusal_name(delivery.refusal) : reason_name(delivery.reason))
      .number("cut", delivery.cut)
      .number("total_us", answer.total_us)
      .number("device_us", answer.device_us)
      .number("encode_us", delivery.encode_us);
  if (delivery.measured) {
    line.json().number("round_trip_us", delivery.round_trip_us).number("edge_us", delivery.edge_us);
  }
  if (delivery.partial()) {
    line.json().truth("partial", true);
  }
  line.json().number("bytes_up", delivery.bytes_up).number("bytes_down", delivery.bytes_down);
  if (answer.has_outputs) {
    line.json().number("outputs_crc", answer.outputs_crc);
  }
  return line.finish();
}

Text write_input_line(bool ok, const char* text, Span<char> to) {
  EventLine line("input", to);
  line.json().truth("ok", ok).text("text", text);
  return line.finish();
}

Text write_status_line(const StatusLine& status, Span<char> to) {
  EventLine line("status", to);
  JsonWriter& json = line.json();
  put(json, "id", status.id);
  json.number("boot", status.boot);
  put(json, "reset", status.reset);
  json.truth("safe_mode", status.safe_mode).number("uptime_s", status.uptime_s);
  put(json, "firmware", status.firmware);
  put(json, "board", status.board);
  json.text("state", link_name(status.link));
  put(json, "network", status.network);
  put(json, "address", status.address);
  put(json, "broker", status.broker);
  put(json, "trouble", status.trouble);
  if (status.operators != 0) {
    put(json, "name", status.model);
    json.hex("model", Bytes(status.model_id.bytes))
        .number("network_operators", status.operators)
        .number("operators", status.on_board)
        .number("cut", status.cut);
    if (status.epoch != 0) {
      json.number("epoch", status.epoch);
    }
  }
  put(json, "input", status.input);
  json.number("inferences", status.inferences);
  put(json, "energy", status.energy);
  put_gauges(json, status.gauges);
  return line.finish();
}

Text write_note_line(Text json, Span<char> to) {
  constexpr char head[] = "@note ";
  constexpr size_t head_bytes = sizeof head - 1;
  if (json.empty() || to.size() < head_bytes + json.size() + 1) {
    if (!to.empty()) {
      to[0] = '\0';
    }
    return Text(to.data(), 0);
  }
  for (size_t i = 0; i < head_bytes; ++i) {
    to[i] = head[i];
  }
  for (size_t i = 0; i < json.size(); ++i) {
    to[head_bytes + i] = json[i];
  }
  to[head_bytes + json.size()] = '\0';
  return Text(to.data(), head_bytes + json.size());
}

}  // namespace cutpoint::device
