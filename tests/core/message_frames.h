// A message that was read, written again by the core's writers.
#ifndef CUTPOINT_TESTS_MESSAGE_FRAMES_H_
#define CUTPOINT_TESTS_MESSAGE_FRAMES_H_

#include <string>
#include <vector>

#include "message_text.h"

namespace vectors {

using Frames = std::vector<std::string>;  // in hexadecimal

inline Frames chunked(const Header& header, Bytes payload, size_t chunk_bytes) {
  Frames frames;
  FlatPayload source(payload);
  Chunker chunker;
  Buffer buffer(chunk_bytes);
  if (chunker.begin(header, payload.size(), chunk_bytes) != Status::kOk) {
    return frames;
  }
  while (!chunker.done()) {
    Bytes frame;
    const Status status = chunker.next(source, MutableBytes(buffer.data(), buffer.size()), frame);
    frames.push_back(status == Status::kOk ? hex_of(frame) : reason_of(status));
    if (status != Status::kOk) {
      break;
    }
  }
  return frames;
}

inline Frames activation_frames(const Message& message, const Read& read, size_t chunk_bytes) {
  ActivationView view;
  Frames frames;
  if (read_activation(message.header, message.payload, view) != Status::kOk) {
    return frames;
  }
  std::vector<uint32_t> operators;
  for (size_t i = 0; i < view.operators_timed; ++i) {
    operators.push_back(view.operator_us(i));
  }
  ActivationFields fields = {};
  fields.model = message.header.model;
  fields.boot = message.header.boot;
  fields.sequence = message.header.sequence;
  fields.cut = message.header.cut;
  fields.coding.codec = message.header.codec;
  fields.coding.setting = view.setting;
  fields.flags = message.header.flags;
  fields.plan_epoch = view.plan_epoch;
  fields.tensors = Span<const TensorView>(read.tensors.data(), read.tensors.size());
  fields.operators_us = Span<const uint32_t>(operators.data(), operators.size());
  fields.last = view.last;
  ActivationWriter writer;
  Buffer buffer(chunk_bytes);
  Status status = writer.begin(fields, chunk_bytes);
  writer.set_encode_us(view.encode_us);
  while (status == Status::kOk && !writer.done()) {
    Bytes frame;
    status = writer.next_chunk(MutableBytes(buffer.data(), buffer.size()), frame);
    frames.push_back(status == Status::kOk ? hex_of(frame) : reason_of(status));
  }
  return frames;
}

inline Status write_payload(const Message& message, const Read& read, ByteWriter& writer) {
  switch (message.header.kind) {
    case Kind::kActivation:
      return Status::kKind;
    case Kind::kResult: {
      ResultView view;
      CUTPOINT_TRY(read_result(message.header, message.payload, view));
      CUTPOINT_TRY(write_result_head(view.status, view.answer, view.count, view.edge_us, writer));
      for (const TensorView& tensor : read.tensors) {
        CUTPOINT_TRY(write_raw_tensor(tensor, writer));
      }
      for (size_t i = 0; i < view.count && view.answer == AnswerKind::kClasses; ++i) {
        CUTPOINT_TRY(write_class_record(view.class_record(i), writer));
      }
      for (size_t i = 0; i < view.count && view.answer == AnswerKind::kCentroids; ++i) {
        CUTPOINT_TRY(write_centroid_record(view.centroid_record(i), writer));
      }
      for (size_t i = 0; i < view.count && view.answer == AnswerKind::kModels; ++i) {
        CUTPOINT_TRY(write_model_record(view.model_record(i), writer));
      }
      return Status::kOk;
    }
    case Kind::kPlan: {
      Plan plan = {};
      CUTPOINT_TRY(read_plan(message.header, message.payload, plan));
      return write_plan(plan, writer);
    }
    case Kind::kTelemetry: {
      TelemetryView view;
      CUTPOINT_TRY(read_telemetry(message.header, message.payload, view));
      std::vector<Counter> counters;
      for (size_t i = 0; i < view.counter_count; ++i) {
        counters.push_back(view.counter(i));
      }
      return write_telemetry(view.gauges, Span<const Counter>(counters.data(), counters.size()), writer);
    }
    case Kind::kCommand: {
      CommandView view = {};
      CUTPOINT_TRY(read_command(message.header, message.payload, view));
      return write_command(view, writer);
    }
  }
  return Status::kKind;
}

inline Frames frames_of(const Message& message, const Read& read, size_t chunk_bytes) {
  if (message.header.kind == Kind::kActivation) {
    return activation_frames(message, read, chunk_bytes);
  }
  Buffer payload(message.payload.size() + 64);
  ByteWriter writer(MutableBytes(payload.data(), payload.size()));
  const Status status = write_payload(message, read, writer);
  return status == Status::kOk ? chunked(message.header, writer.written(), chunk_bytes) : Frames{reason_of(status)};
}

}  // namespace vectors

#endif  // CUTPOINT_TESTS_MESSAGE_FRAMES_H_
