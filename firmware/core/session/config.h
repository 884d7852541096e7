// What a session is told once, and the memory that it is lent.
#ifndef CUTPOINT_SESSION_CONFIG_H_
#define CUTPOINT_SESSION_CONFIG_H_

#include <stddef.h>
#include <stdint.h>

#include "../codec/coding.h"
#include "../frame/chunker.h"
#include "../frame/command.h"
#include "../frame/plan.h"
#include "../frame/telemetry.h"
#include "../span.h"
#include "../status.h"
#include "cut_set.h"

namespace cutpoint {

// A telemetry frame of the session's own counters and every gauge is never cut into chunks.
constexpr size_t kMinSessionChunkBytes = 192;

struct SessionConfig {
  ModelId model;
  uint32_t boot;
  uint16_t operators;  // N, of the whole network; at least 1
  uint16_t on_board;   // K <= N; the device can finish by itself only when K = N
  uint16_t cut;        // until the first plan; at most K, and one of `cuts`
  CodecId codec = CodecId::kRaw;
  uint8_t setting = 0;  // of `tables`, for that cut and codec; 0 for a codec without
  bool timings = true;  // reported until the first plan says otherwise: it is what a planner starts from
  uint32_t deadline_ms = 1000;
  uint8_t isolate_after = 3;      // missed deadlines in a row, at least 1
  uint32_t probe_first_ms = 1000;  // at least 1
  uint32_t probe_max_ms = 60000;   // at least probe_first_ms
  size_t chunk_bytes = kDefaultChunkBytes;  // of a whole frame; at least kMinSessionChunkBytes
  Bytes about;                              // the retained JSON; must live as long as the session
  CutSet cuts;  // that there is the memory for; its bytes must live as long as the session
  Bytes tables;  // the codec tables of the model, empty for none; read in place, so they must live as long as the session
  // For a device that plays a slower one: nanoseconds that coding a byte of tensor takes it, by codec number. Empty:
  // coding is measured. Must live as long as the session.
  Span<const uint32_t> encode_ns;
};

// All must live as long as the session.
struct SessionBuffers {
  MutableBytes chunk;           // chunk_bytes: the frame being published
  MutableBytes result;          // the largest result payload that is accepted
  MutableBytes plan;            // kMaxPlanPayloadBytes; may be less where plans come in one chunk
  MutableBytes command;         // the largest command argument that is accepted; kMaxCommandPayloadBytes for all
  Span<uint32_t> operators_us;  // N
  MutableBytes scratch = MutableBytes();  // kCodingScratchBytes; what codecs cannot make in less travels raw
  MutableBytes history = MutableBytes();  // codec delta: twice the bytes of a cut's tensors; with less every frame is a key frame
};

// kArgument for a figure out of range, kBufferTooSmall for memory that does not fit the configuration.
inline Status check_session(const SessionConfig& config, const SessionBuffers& buffers) {
  const bool in_range = config.operators >= 1 && config.on_board <= config.operators &&
                        config.cut <= config.on_board && config.cuts.has(config.cut) && known_codec(static_cast<uint8_t>(config.codec)) &&
                        config.deadline_ms >= 1 && config.deadline_ms <= kMaxDeadlineMs &&
                        config.isolate_after >= 1 && config.probe_first_ms >= 1 &&
                        config.probe_max_ms >= config.probe_first_ms && config.chunk_bytes >= kMinSessionChunkBytes;
  if (!in_range) {
    return Status::kArgument;
  }
  const bool roomy = buffers.chunk.size() >= config.chunk_bytes &&
                     buffers.operators_us.size() >= config.operators && buffers.result.size() >= 8;
  return roomy ? Status::kOk : Status::kBufferTooSmall;
}

}  // namespace cutpoint

#endif  // CUTPOINT_SESSION_CONFIG_H_
