// A message in the canonical text of the golden vectors, and back into frames from what was read.
#ifndef CUTPOINT_TESTS_MESSAGE_TEXT_H_
#define CUTPOINT_TESTS_MESSAGE_TEXT_H_

#include <cstdio>
#include <list>
#include <string>
#include <vector>

#include "frame/message.h"
#include "frame/reassembler.h"
#include "vector_lines.h"

namespace vectors {

using namespace cutpoint;

// A message read completely, tensors restored.
struct Read {
  Status status = Status::kOk;
  std::string text;
  std::vector<TensorView> tensors;  // point into `memory`
  std::list<Buffer> memory;
};

inline std::string n(uint64_t value) { return std::to_string(value); }

// kOversized above `capacity`, as every receiver bounds what it unfolds.
inline Status restore(Bytes records, CodecId codec, size_t capacity, Read& read, std::string& text) {
  TensorRecord record = {};
  uint64_t total = 0;
  for (TensorCursor cursor(records, codec); cursor.next(record);) {
    total += record.raw_bytes;
  }
  if (total > capacity) {
    return Status::kOversized;
  }
  for (TensorCursor cursor(records, codec); cursor.next(record);) {
    read.memory.emplace_back(record.raw_bytes);
    Buffer& raw = read.memory.back();
    if (opaque(record.codec)) {
      // What it says is not told by its bytes alone: the tensor stays zeros, the coded form is kept.
      const bool jpeg = record.codec == CodecId::kJpeg;
      read.tensors.push_back(TensorView{record.index, record.dtype, Bytes(raw.data(), raw.size()), 0,
                                        jpeg ? record.coded : Bytes(), jpeg ? Bytes() : record.coded});
      text += (text.empty() ? "" : ",") + n(record.index) + ":" + n(static_cast<uint8_t>(record.dtype)) + ":" +
              n(static_cast<uint8_t>(record.codec)) + ":" + n(record.coded.size()) + ":" + hex_of(record.coded) + "@" +
              n(raw.size());
      continue;
    }
    CUTPOINT_TRY(decode_tensor(record.codec, record.dtype, record.coded, MutableBytes(raw.data(), raw.size())));
    read.tensors.push_back(TensorView{record.index, record.dtype, Bytes(raw.data(), raw.size()), 0});
    text += (text.empty() ? "" : ",") + n(record.index) + ":" + n(static_cast<uint8_t>(record.dtype)) + ":" +
            n(static_cast<uint8_t>(record.codec)) + ":" + n(record.coded.size()) + ":" +
            (raw.empty() ? "-" : hex_of(Bytes(raw.data(), raw.size())));
  }
  text = text.empty() ? "-" : text;
  return Status::kOk;
}

inline std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

inline Status read_activation_text(const Message& message, size_t capacity, const std::string& head, Read& read) {
  ActivationView view;
  CUTPOINT_TRY(read_activation(message.header, message.payload, view));
  std::string tensors;
  CUTPOINT_TRY(restore(view.tensors, message.header.codec, capacity, read, tensors));
  read.text = "activation;" + head + ";cut=" + n(message.header.cut) +
              ";codec=" + n(static_cast<uint8_t>(message.header.codec)) + ";flags=" + n(message.header.flags) +
              ";epoch=" + n(view.plan_epoch) + ";setting=" + n(view.setting) + ";tensors=" + tensors;
  if (view.timed) {
    std::string operators;
    for (size_t i = 0; i < view.operators_timed; ++i) {
      operators += (i == 0 ? "" : ",") + n(view.operator_us(i));
    }
    read.text += ";encode=" + n(view.encode_us) + ";operators=" + or_dash(operators) +
                 ";last=" + n(view.last.sequence) + "," + n(view.last.round_trip_us) + "," + n(view.last.edge_us) +
                 "," + n(view.last.bytes_up) + "," + n(view.last.bytes_down);
  }
  return Status::kOk;
}

inline std::string score_text(float score) {
  char hex[9];
  std::snprintf(hex, sizeof hex, "%08x", bits_of_float(score));
  return hex;
}

inline Status read_result_text(const Message& message, size_t capacity, const std::string& head, Read& read) {
  ResultView view;
  CUTPOINT_TRY(read_result(message.header, message.payload, view));
  std::string records;
  if (view.answer == AnswerKind::kRaw) {
    CUTPOINT_TRY(restore(view.records, message.header.codec, capacity, read, records));
  }
  for (size_t i = 0; i < view.count && view.answer == AnswerKind::kClasses; ++i) {
    const ClassRecord record = view.class_record(i);
    records += (i == 0 ? "" : ",") + n(record.label) + ":" + score_text(record.score);
  }
  for (size_t i = 0; i < view.count && view.answer == AnswerKind::kCentroids; ++i) {
    const CentroidRecord record = view.centroid_record(i);
    records += (i == 0 ? "" : ",") + n(record.label) + ":" + n(record.x) + ":" + n(record.y) + ":" +
               n(record.width) + ":" + n(record.height) + ":" + score_text(record.score);
  }
  for (size_t i = 0; i < view.count && view.answer == AnswerKind::kModels; ++i) {
    records += (i == 0 ? "" : ",") + hex_of(Bytes(view.model_record(i).bytes));
  }
  read.text = "result;" + head + ";cut=" + n(message.header.cut) +
              ";flags=" + n(view.partial ? kFlagPartial : 0) + ";status=" + n(static_cast<uint8_t>(view.status)) +
              ";edge=" + n(view.edge_us) + ";answer=" + n(static_cast<uint8_t>(view.answer)) +
              ";records=" + or_dash(records);
  return Status::kOk;
}

inline Status read_plan_text(const Message& message, const std::string& model, Read& read) {
  Plan plan = {};
  CUTPOINT_TRY(read_plan(message.header, message.payload, plan));
  read.text = "plan;" + model + ";epoch=" + n(plan.epoch) + ";cut=" + n(message.header.cut) +
              ";codec=" + n(static_cast<uint8_t>(message.header.codec)) + ";flags=" + n(message.header.flags) +
              ";deadline=" + n(plan.deadline_ms) + ";parameters=" + or_dash(hex_of(plan.parameters));
  return Status::kOk;
}

inline Status read_telemetry_text(const Message& message, const std::string& model, Read& read) {
  TelemetryView view;
  CUTPOINT_TRY(read_telemetry(message.header, message.payload, view));
  std::string gauges;
  for (uint8_t i = 0; i < kGauges; ++i) {
    const Gauge gauge = static_cast<Gauge>(i);
    if (view.gauges.has(gauge)) {
      const uint32_t bits = view.gauges.value(gauge);
      const int64_t value = gauge_is_signed(gauge) ? int64_t{static_cast<int32_t>(bits)} : int64_t{bits};
      gauges += (gauges.empty() ? "" : ",") + n(i) + ":" + std::to_string(value);
    }
  }
  std::string counters;
  for (size_t i = 0; i < view.counter_count; ++i) {
    counters += (i == 0 ? "" : ",") + n(view.counter(i).id) + ":" + n(view.counter(i).value);
  }
  read.text = "telemetry;" + model + ";boot=" + n(message.header.boot) + ";gauges=" + or_dash(gauges) +
              ";counters=" + or_dash(counters);
  return Status::kOk;
}

inline Status read_command_text(const Message& message, const std::string& head, Read& read) {
  CommandView view = {};
  CUTPOINT_TRY(read_command(message.header, message.payload, view));
  read.text = "command;" + head + ";command=" + n(view.id) + ";argument=" + or_dash(hex_of(view.argument));
  return Status::kOk;
}

inline Read read_message(const Message& message, size_t capacity) {
  Read read;
  const std::string model = "model=" + hex_of(Bytes(message.header.model.bytes));
  const std::string head = model + ";boot=" + n(message.header.boot) + ";sequence=" + n(message.header.sequence);
  switch (message.header.kind) {
    case Kind::kActivation:
      read.status = read_activation_text(message, capacity, head, read);
      break;
    case Kind::kResult:
      read.status = read_result_text(message, capacity, head, read);
      break;
    case Kind::kPlan:
      read.status = read_plan_text(message, model, read);
      break;
    case Kind::kTelemetry:
      read.status = read_telemetry_text(message, model, read);
      break;
    case Kind::kCommand:
      read.status = read_command_text(message, head, read);
      break;
  }
  return read;
}

}  // namespace vectors

#endif  // CUTPOINT_TESTS_MESSAGE_TEXT_H_
