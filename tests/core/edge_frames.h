// Frames as an edge would send them, made with the core's own writers.
#ifndef CUTPOINT_TESTS_EDGE_FRAMES_H_
#define CUTPOINT_TESTS_EDGE_FRAMES_H_

#include <cstdint>
#include <vector>

#include "frame/message.h"

using Frame = std::vector<uint8_t>;

constexpr cutpoint::ModelId kModel = {{0xDE, 0xAD, 0xBE, 0xEF}};
constexpr uint32_t kBoot = 7;

inline cutpoint::Bytes bytes_of(const Frame& frame) { return cutpoint::Bytes(frame.data(), frame.size()); }

inline std::vector<Frame> frames_of(const cutpoint::Header& header, cutpoint::Bytes payload, size_t chunk_bytes = 4096) {
  std::vector<Frame> frames;
  cutpoint::Chunker chunker;
  cutpoint::FlatPayload source(payload);
  if (chunker.begin(header, payload.size(), chunk_bytes) != cutpoint::Status::kOk) {
    return frames;
  }
  while (!chunker.done()) {
    Frame buffer(chunk_bytes);
    cutpoint::Bytes frame;
    if (chunker.next(source, cutpoint::MutableBytes(buffer.data(), buffer.size()), frame) != cutpoint::Status::kOk) {
      return {};
    }
    frames.emplace_back(frame.begin(), frame.end());
  }
  return frames;
}

inline cutpoint::Header header_of(cutpoint::Kind kind, uint32_t sequence, uint16_t cut) {
  cutpoint::Header header = {};
  header.kind = kind;
  header.model = kModel;
  header.boot = kBoot;
  header.sequence = sequence;
  header.cut = cut;
  return header;
}

struct ResultOf {
  uint32_t sequence;
  uint16_t cut;
  cutpoint::ResultStatus status = cutpoint::ResultStatus::kOk;
  cutpoint::AnswerKind answer = cutpoint::AnswerKind::kClasses;
  uint16_t count = 1;
  uint32_t edge_us = 100;
  uint32_t boot = kBoot;
  cutpoint::ModelId model = kModel;
};

inline std::vector<Frame> result_chunks(const ResultOf& result, size_t chunk_bytes = 4096) {
  using namespace cutpoint;
  static_assert(kModelIdBytes <= kClassRecordBytes, "the larger record gives the room");
  std::vector<uint8_t> memory(kResultHeadBytes + result.count * kClassRecordBytes);
  ByteWriter writer(MutableBytes(memory.data(), memory.size()));
  const bool ok = result.status == ResultStatus::kOk && result.answer == AnswerKind::kClasses;
  const bool offer = result.status == ResultStatus::kUnknownModel && result.answer == AnswerKind::kModels;
  const AnswerKind answer = result.status == ResultStatus::kOk || offer ? result.answer : AnswerKind::kNone;
  write_result_head(result.status, answer, ok || offer ? result.count : uint16_t{0}, result.edge_us, writer);
  for (uint16_t i = 0; offer && i < result.count; ++i) {
    write_model_record(cutpoint::ModelId{{1, 2, 3, static_cast<uint8_t>(i)}}, writer);
  }
  for (uint16_t i = 0; ok && i < result.count; ++i) {
    write_class_record({i, 0.5f}, writer);
  }
  Header header = header_of(Kind::kResult, result.sequence, result.cut);
  header.boot = result.boot;
  header.model = result.model;
  return frames_of(header, writer.written(), chunk_bytes);
}

inline Frame result_frame(const ResultOf& result) { return result_chunks(result).front(); }

struct PlanOf {
  uint32_t epoch;
  uint16_t cut;
  uint8_t flags = 0;
  uint32_t deadline_ms = 1000;
  cutpoint::CodecId codec = cutpoint::CodecId::kRaw;
  cutpoint::ModelId model = kModel;
  Frame parameters = {};
};

// Of a plan whose codec is made with tables.
inline Frame setting_parameters(uint8_t setting, uint32_t version) {
  Frame bytes(5, setting);
  cutpoint::store_u32(&bytes[1], version);
  return bytes;
}

inline Frame plan_frame(const PlanOf& plan) {
  using namespace cutpoint;
  uint8_t memory[kMaxPlanPayloadBytes];
  ByteWriter writer{MutableBytes(memory)};
  write_plan({plan.epoch, plan.deadline_ms, bytes_of(plan.parameters)}, writer);
  Header header = header_of(Kind::kPlan, 0, plan.cut);
  header.boot = 0;
  header.model = plan.model;
  header.codec = plan.codec;
  header.flags = plan.flags;
  return frames_of(header, writer.written()).front();
}

inline std::vector<Frame> command_chunks(uint16_t id, uint32_t sequence, const Frame& argument = {},
                                         size_t chunk_bytes = 4096, uint32_t boot = kBoot) {
  using namespace cutpoint;
  uint8_t memory[kMaxCommandPayloadBytes];
  ByteWriter writer{MutableBytes(memory)};
  write_command({id, bytes_of(argument)}, writer);
  Header header = header_of(Kind::kCommand, sequence, 0);
  header.boot = boot;
  return frames_of(header, writer.written(), chunk_bytes);
}

inline Frame command_frame(uint16_t id, uint32_t sequence, const Frame& argument = {}, uint32_t boot = kBoot) {
  return command_chunks(id, sequence, argument, 4096, boot).front();
}

#endif  // CUTPOINT_TESTS_EDGE_FRAMES_H_
