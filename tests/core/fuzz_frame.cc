// libFuzzer target: hostile frames through everything that reads them. Build with clang -fsanitize=fuzzer,address,undefined.
//
// The input is a control byte and a row of frames, each after a u16 size. The magic, version, payload size and CRC of a
// frame are mended (unless the control byte says otherwise), since no fuzzer guesses a checksum; without that nothing
// beyond the first check would ever run.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "bytes.h"
#include "crc32.h"
#include "frame/incomplete_activation.h"
#include "frame/message.h"
#include "frame/reassembler.h"
#include "frame/update.h"

using namespace cutpoint;

namespace {

constexpr size_t kCapacity = 2000;  // small, so that overruns are near

void mend(std::vector<uint8_t>& frame) {
  if (frame.size() < kHeaderBytes) {
    return;
  }
  frame[0] = 'C';
  frame[1] = 'P';
  frame[2] = kProtocolVersion;
  frame[3] = static_cast<uint8_t>(1 + frame[3] % 5);
  store_u16(&frame[22], static_cast<uint16_t>(load_u16(&frame[22]) % 1026));
  store_u32(&frame[24], static_cast<uint32_t>(frame.size() - kHeaderBytes));
  store_u32(&frame[28], 0);
  store_u32(&frame[28], crc32(0, Bytes(frame.data(), frame.size())));
}

void must(bool held) {
  if (!held) {
    std::abort();
  }
}

// What decodes must encode to the same bytes: the canonical form is unique.
void check_tensor(const TensorRecord& record) {
  if (record.raw_bytes > kCapacity) {
    return;
  }
  std::vector<uint8_t> raw(record.raw_bytes);
  const MutableBytes to(raw.data(), raw.size());
  if (decode_tensor(record.codec, record.dtype, record.coded, to) != Status::kOk || record.codec == CodecId::kRaw) {
    return;
  }
  int64_t fill = 0;
  for (size_t i = 0; i < item_bytes(record.dtype); ++i) {
    fill |= static_cast<int64_t>(static_cast<uint64_t>(record.coded[i]) << (8 * i));
  }
  const TensorView tensor{record.index, record.dtype, to, fill};
  CodedSize size = {};
  must(measure_tensor(CodecId::kBitmap, tensor, size) == Status::kOk);
  if (size.codec != CodecId::kBitmap) {
    must(record.coded.size() >= record.raw_bytes);
    return;
  }
  must(size.bytes == record.coded.size());
  std::vector<uint8_t> coded(size.bytes);
  TensorEncoder encoder;
  encoder.begin(size, tensor);
  must(encoder.pull(MutableBytes(coded.data(), coded.size())) == coded.size());
  must(equal_bytes(coded.data(), record.coded.data(), coded.size()));
}

void check_tensors(Bytes records, CodecId codec, size_t count) {
  TensorRecord record = {};
  size_t seen = 0;
  for (TensorCursor cursor(records, codec); cursor.next(record); ++seen) {
    check_tensor(record);
  }
  must(seen == count);
}

// What reads as a step of an update is written back to the same bytes.
void check_update(Bytes argument) {
  UpdateView view = {};
  if (read_update(argument, view) != Status::kOk) {
    return;
  }
  uint8_t memory[kMaxArgumentBytes];
  ByteWriter writer{MutableBytes(memory)};
  must(write_update(view, writer) == Status::kOk && writer.size() == argument.size());
  must(equal_bytes(memory, argument.data(), argument.size()));
}

volatile uint32_t sink = 0;

void read(const Message& message) {
  ActivationView activation;
  if (read_activation(message.header, message.payload, activation) == Status::kOk) {
    check_tensors(activation.tensors, message.header.codec, activation.tensor_count);
    for (size_t i = 0; i < activation.operators_timed; ++i) {
      sink = sink + activation.operator_us(i);
    }
  }
  ResultView result;
  if (read_result(message.header, message.payload, result) == Status::kOk) {
    for (size_t i = 0; i < result.count; ++i) {
      if (result.answer == AnswerKind::kClasses) {
        must(finite_bits(bits_of_float(result.class_record(i).score)));
      } else if (result.answer == AnswerKind::kCentroids) {
        must(finite_bits(bits_of_float(result.centroid_record(i).score)));
      } else if (result.answer == AnswerKind::kModels) {
        must(result.status == ResultStatus::kUnknownModel && result.count <= kMaxOfferedModels);
        sink = sink + result.model_record(i).bytes[kModelIdBytes - 1];
      }
    }
    if (result.answer == AnswerKind::kRaw) {
      check_tensors(result.records, message.header.codec, result.count);
    }
  }
  Plan plan = {};
  if (read_plan(message.header, message.payload, plan) == Status::kOk) {
    must(plan.epoch != 0 && plan.deadline_ms != 0 && plan.deadline_ms <= kMaxDeadlineMs);
  }
  TelemetryView telemetry;
  if (read_telemetry(message.header, message.payload, telemetry) == Status::kOk) {
    for (size_t i = 0; i < telemetry.counter_count; ++i) {
      sink = sink + telemetry.counter(i).value;
    }
  }
  CommandView command = {};
  if (read_command(message.header, message.payload, command) == Status::kOk) {
    must(command.argument.size() <= kMaxArgumentBytes);
    check_update(command.argument);
  }
}

// What came of an unfinished message lies inside of it, and so does each tensor that can be read of it.
void read_unfinished(const Reassembler& chunks) {
  IncompleteMessage message = {};
  if (!chunks.incomplete(message)) {
    return;
  }
  must(message.payload.size() == message.header.payload_bytes && message.payload.size() <= kCapacity);
  must(message.chunks_came != 0 && message.chunks_came < message.header.chunk_count);
  size_t at = message.next_came(0);
  while (at < message.payload.size()) {
    const size_t end = message.came_until(at);
    must(end > at && end <= message.payload.size() && message.has(at, end - at) && !message.has(at, end - at + 1));
    for (; at < end; ++at) {
      sink = sink + message.payload[at];
    }
    at = message.next_came(end);
  }
  IncompleteActivation activation = {};
  if (read_incomplete_activation(message, activation) == Status::kOk) {
    must(activation.tensors_known <= activation.tensor_count && activation.tensor_count <= kMaxTensors);
    for (size_t i = 0; i < activation.tensors_known; ++i) {
      const IncompleteTensor& tensor = activation.tensors[i];
      must(tensor.at + tensor.record.coded.size() <= message.payload.size());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  const bool mended = (data[0] & 1) == 0;
  // Exactly the capacity on the heap, so that the sanitizer sees the first byte beyond it.
  std::vector<uint8_t> buffer(kCapacity);
  Reassembler chunks(MutableBytes(buffer.data(), buffer.size()));
  size_t at = 1;
  while (size - at >= 2) {
    size_t length = load_u16(data + at) % 1500u;
    at += 2;
    length = length < size - at ? length : size - at;
    std::vector<uint8_t> frame(data + at, data + at + length);
    at += length;
    if (mended) {
      mend(frame);
    }
    Message message = {};
    if (chunks.push(Bytes(frame.data(), frame.size()), message) == Status::kOk) {
      must(message.payload.size() == message.header.payload_bytes);
      read(message);
    }
    read_unfinished(chunks);
  }
  return 0;
}
