// The activation message: the tensors that are alive at the cut, and the device's timings.
#ifndef CUTPOINT_FRAME_ACTIVATION_H_
#define CUTPOINT_FRAME_ACTIVATION_H_

#include <stddef.h>
#include <stdint.h>

#include "../span.h"
#include "../status.h"
#include "chunker.h"
#include "header.h"
#include "tensor_record.h"

namespace cutpoint {

constexpr size_t kActivationHeadBytes = 8;
constexpr size_t kTimingTailBytes = 20;  // about the inference that was answered last

// The last inference that the edge answered or acknowledged, as the device saw it.
struct LastAnswered {
  uint32_t sequence;  // 0: none yet, and the rest means nothing
  uint32_t round_trip_us;
  uint32_t edge_us;  // residence that the edge stated
  uint32_t bytes_up;
  uint32_t bytes_down;
};

struct ActivationFields {
  ModelId model;
  uint32_t boot;
  uint32_t sequence;  // from 1
  uint16_t cut;
  Coding coding;
  uint8_t flags;
  uint32_t plan_epoch;                // 0 for none
  Span<const TensorView> tensors;     // at most kMaxTensors; views and data must live until the last chunk is out
  Span<const uint32_t> operators_us;  // sent with kFlagTimings only; at least `cut` of them; must live as long
  LastAnswered last;                  // sent with kFlagTimings only
};

// Returns microseconds that only count up.
using NowUs = uint64_t (*)(void* context);

// Writes an activation chunk by chunk, coding the tensors straight into the frame buffer.
//
//   ActivationWriter writer;
//   CUTPOINT_TRY(writer.begin(fields, chunk_bytes, now_us, context));
//   while (!writer.done()) { CUTPOINT_TRY(writer.next_chunk(buffer, frame)); send(frame); }
class ActivationWriter final : private PayloadSource {
 public:
  // Measures every tensor. With `now_us` the writer times measuring and coding itself and states the sum as encode
  // time (the timing block is the last thing in the payload); without, set_encode_us says it.
  // kArgument for fields that the wire cannot carry (sequence 0, reserved flags, too many tensors, fewer timings than
  // the cut, a setting without a calibrated codec or the other way round), kTensor or kDType for a tensor that cannot be coded, kOversized when it needs more than kMaxChunks.
  Status begin(const ActivationFields& fields, size_t chunk_bytes = kDefaultChunkBytes, NowUs now_us = nullptr,
               void* context = nullptr);

  bool done() const { return chunker_.done(); }
  uint16_t chunk_count() const { return chunker_.chunk_count(); }
  size_t payload_bytes() const { return payload_bytes_; }
  // Of all frames together, headers included: the `bytes_up` of this inference.
  size_t message_bytes() const { return chunker_.message_bytes(); }
  // Of the frame that comes next, header included; 0 after the last one.
  size_t next_bytes() const { return chunker_.next_bytes(); }

  // Has an effect until the chunk with the start of the timing block is pulled.
  void set_encode_us(uint32_t us) { encode_us_ = us; }
  uint32_t encode_us() const { return encode_us_; }

  // Has an effect until then too.
  void set_last(const LastAnswered& last) { fields_.last = last; }

  // For tensors that are still being made: whether the next chunk, which is not the last one, holds nothing but what is
  // final. ready[i]: bytes at the front of tensor i that are. Only where can_stream(the codec).
  bool next_is_ready(Span<const size_t> ready) const;

  // `buffer` holds chunk_bytes; `frame` is the part of it to send. kArgument when a tensor changed since begin.
  Status next_chunk(MutableBytes buffer, Bytes& frame);

 private:
  enum class Stage : uint8_t { kHead, kTensorHead, kTensorData, kEncodeTime, kOperators, kLast, kEnd };

  Status pull(MutableBytes to) override;
  // Prepares the small field of `stage_` in scratch_.
  void load_stage();
  void next_stage();
  void add_encode_time(uint64_t since);

  Chunker chunker_;
  ActivationFields fields_ = {};
  TensorEncoder encoder_;
  CodedSize sizes_[kMaxTensors] = {};
  size_t payload_bytes_ = 0;
  NowUs now_us_ = nullptr;
  void* context_ = nullptr;
  uint64_t pull_began_us_ = 0;
  uint32_t encode_us_ = 0;
  Stage stage_ = Stage::kEnd;
  uint8_t tensor_ = 0;    // the one being written
  size_t operator_ = 0;   // next timing to be written
  size_t scratch_size_ = 0;
  size_t scratch_at_ = 0;
  uint8_t scratch_[kTimingTailBytes] = {};
};

// An activation in a checked payload; everything points into it.
struct ActivationView {
  uint32_t plan_epoch;
  uint16_t operators_timed;  // 0 without timings
  uint8_t tensor_count;
  uint8_t setting;  // that was asked for, also where every tensor is raw; 0 for a codec without tables
  bool timed;      // the timing block is there: encode_us, operators_us and last mean something
  Bytes tensors;   // tensor_count records: TensorCursor(tensors, header.codec)
  uint32_t encode_us;
  Bytes operators_us;  // operators_timed x u32, little-endian
  LastAnswered last;

  uint32_t operator_us(size_t i) const { return load_u32(operators_us.data() + 4 * i); }
};

// Checks everything but the insides of coded tensors.
Status read_activation(const Header& header, Bytes payload, ActivationView& view);

}  // namespace cutpoint

#endif  // CUTPOINT_FRAME_ACTIVATION_H_
