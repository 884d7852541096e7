// Coding the tensors of a cut on bare metal, with whichever codec, as the session does it: what it takes, and what comes
// out. host_tools/qemu/coding.py makes the files and reads the lines; tests/qemu holds the bytes against a PC's.
//
//   frame   bytes: coded, of all tensors; raw: before; scratch: of it in use; instructions: measuring and encoding;
//           copying: of them, handing out what lies in the scratch; hash: CRC-32 of the coded tensors, not among them
//   stack   its deepest, of any frame
#include "codec/codec.h"
#include "codec/coding.h"
#include "codec/delta/memory.h"
#include "codec/tables/codec_tables.h"
#include "crc32.h"
#include "instruction_clock.h"
#include "line.h"
#include "linked.h"
#include "stack_mark.h"

// codec.tables; empty for codecs without.
CUTPOINT_LINKED(tables)
// The model's id, 4 bytes; u8 codec, u8 setting, u8 tensors of a frame, u8 frames; of each tensor of each frame: u8 dtype,
// three zeros, i32 fill, u32 bytes, then these, padded to a multiple of 4.
CUTPOINT_LINKED(job)

namespace {

using namespace cutpoint;
using namespace cutpoint::qemu;

// Exit codes; any other but 0 is the machine's.
constexpr int kTablesRefused = 1;
constexpr int kJobRefused = 2;
constexpr int kNoRoom = 3;
constexpr int kCodingFailed = 4;

constexpr size_t kHeadBytes = 8;
constexpr size_t kTensorHeadBytes = 12;
constexpr size_t kMostTensors = 16;
constexpr size_t kRoomBytes = 512 * 1024;
constexpr size_t kMemoryBytes = 256 * 1024;

uint8_t scratch[kCodingScratchBytes];
uint8_t room[kRoomBytes];
uint8_t memory_bytes[kMemoryBytes];

uint32_t word(const uint8_t* at) {
  return static_cast<uint32_t>(at[0]) | static_cast<uint32_t>(at[1]) << 8 | static_cast<uint32_t>(at[2]) << 16 |
         static_cast<uint32_t>(at[3]) << 24;
}

// Takes the tensors of the next frame off the front of the job; false where it ends too early.
bool take_frame(Bytes& job, size_t count, TensorView (&tensors)[kMostTensors]) {
  for (size_t place = 0; place < count; ++place) {
    if (job.size() < kTensorHeadBytes) {
      return false;
    }
    const uint8_t* const head = job.data();
    const size_t bytes = word(head + 8);
    const size_t padded = (bytes + 3) & ~static_cast<size_t>(3);
    if (job.size() - kTensorHeadBytes < padded) {
      return false;
    }
    const int32_t fill = static_cast<int32_t>(word(head + 4));
    tensors[place] = {static_cast<uint16_t>(place), static_cast<DType>(head[0]), Bytes(head + kTensorHeadBytes, bytes),
                      fill};
    job = Bytes(head + kTensorHeadBytes + padded, job.size() - kTensorHeadBytes - padded);
  }
  return true;
}

// Not inlined: the stack mark sees what lies below the frame that made it.
__attribute__((noinline)) int code_frame(Clock& clock, const Coding& coding, const TensorView* tensors, size_t count) {
  CodedSize sizes[kMostTensors];
  MutableBytes left = coding.scratch;
  size_t written = 0;
  size_t raw = 0;
  const uint64_t start = clock.now_us();
  for (size_t place = 0; place < count; ++place) {
    if (measure_tensor(coding, place, tensors[place], left, sizes[place]) != Status::kOk) {
      return kCodingFailed;
    }
  }
  const uint64_t measured = clock.now_us();
  TensorEncoder encoder;
  for (size_t place = 0; place < count; ++place) {
    if (kRoomBytes - written < sizes[place].bytes) {
      return kNoRoom;
    }
    encoder.begin(sizes[place], tensors[place], coding, place);
    written += encoder.pull(MutableBytes(room + written, sizes[place].bytes));
    if (!encoder.done()) {
      return kCodingFailed;
    }
    raw += tensors[place].data.size();
  }
  const uint64_t taken = clock.now_us() - start;
  Line("frame")
      .number("bytes", written)
      .number("raw", raw)
      .number("scratch", coding.scratch.size() - left.size())
      .number("instructions", taken)
      .number("copying", coding.scratch.size() == left.size() ? 0 : taken - (measured - start))
      .hex("hash", crc32(0, Bytes(room, written)));
  return 0;
}

int code_job(Clock& clock, const CodecTables* tables, uint32_t version) {
  Bytes job = linked_job();
  const uint8_t* const head = job.data();
  const size_t count = head[6];
  DeltaMemory memory{MutableBytes(memory_bytes, kMemoryBytes)};
  Coding coding;
  coding.codec = static_cast<CodecId>(head[4]);
  coding.setting = head[5];
  coding.tables = tables;
  coding.scratch = MutableBytes(scratch, sizeof scratch);
  coding.memory = &memory;
  job = Bytes(head + kHeadBytes, job.size() - kHeadBytes);
  TensorView tensors[kMostTensors] = {};
  for (uint32_t sequence = 1; sequence <= head[7]; ++sequence) {
    if (!take_frame(job, count, tensors)) {
      return kJobRefused;
    }
    memory.begin(sequence, coding.setting, version);
    if (const int code = code_frame(clock, coding, tensors, count); code != 0) {
      return code;
    }
    memory.acknowledged(sequence);
  }
  return 0;
}

}  // namespace

int main() {
  const Bytes job = linked_job();
  if (job.size() < kHeadBytes || job.data()[6] > kMostTensors) {
    return kJobRefused;
  }
  CodecTables tables;
  const bool with_tables = !linked_tables().empty();
  if (with_tables) {
    const uint8_t* const id = job.data();
    const ModelId model = {{id[0], id[1], id[2], id[3]}};
    if (CodecTables::open(linked_tables(), model, tables) != Status::kOk) {
      return kTablesRefused;
    }
  }
  InstructionClock clock;
  const StackMark mark;
  const int code = code_job(clock, with_tables ? &tables : nullptr, tables.version());
  Line("stack").number("bytes", mark.deepest_bytes());
  return code;
}
