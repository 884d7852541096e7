// The core's checksum and codec on bare metal: what they make of a linked tensor, and what it takes them. The tests
// hold the same bytes against the core on a PC.
#include "codec/codec.h"
#include "crc32.h"
#include "instruction_clock.h"
#include "line.h"
#include "linked.h"
#include "stack_mark.h"

CUTPOINT_LINKED(tensor)

namespace {

using namespace cutpoint;
using namespace cutpoint::qemu;

constexpr int64_t kFill = -128;  // of the tensor that is given: the zero point of a ReLU
constexpr size_t kRoomBytes = 64 * 1024;

uint8_t coded_room[kRoomBytes];
uint8_t raw_room[kRoomBytes];

// Exit codes; any other but 0 is the machine's.
constexpr int kTooLarge = 1;
constexpr int kRefused = 2;

// Not inlined: the stack mark sees what lies below the frame that made it.
__attribute__((noinline)) int measure(Clock& clock, Bytes tensor) {
  uint64_t start = clock.now_us();
  const uint32_t checksum = crc32(0, tensor);
  uint64_t taken = clock.now_us() - start;
  Line("crc").number("bytes", tensor.size()).hex("hash", checksum).number("instructions", taken);

  const TensorView view = {0, DType::kInt8, tensor, kFill};
  TensorEncoder encoder;
  start = clock.now_us();
  CodedSize size;
  if (measure_tensor(CodecId::kBitmap, view, size) != Status::kOk) {
    return kRefused;
  }
  encoder.begin(size, view);
  const size_t count = encoder.pull(MutableBytes(coded_room, size.bytes));
  taken = clock.now_us() - start;
  const Bytes coded(coded_room, count);
  Line("encoded")
      .number("codec", static_cast<uint64_t>(size.codec))
      .number("bytes", count)
      .hex("hash", crc32(0, coded))
      .number("instructions", taken);

  const MutableBytes raw(raw_room, tensor.size());
  start = clock.now_us();
  const Status status = decode_tensor(size.codec, DType::kInt8, coded, raw);
  taken = clock.now_us() - start;
  Line("decoded")
      .number("status", static_cast<uint64_t>(status))
      .hex("hash", crc32(0, Bytes(raw_room, tensor.size())))
      .number("instructions", taken);
  return 0;
}

}  // namespace

int main() {
  const Bytes tensor = linked_tensor();
  if (tensor.size() > kRoomBytes) {
    return kTooLarge;
  }
  InstructionClock clock;
  const StackMark mark;
  const int code = measure(clock, tensor);
  Line("stack").number("bytes", mark.deepest_bytes());
  return code;
}
