// Codec slicer on bare metal: a linked tensor with a linked block of codec.tables, there and back. The tests hold the same
// bytes against the core on a PC.
#include "codec/slicer/slicer.h"
#include "crc32.h"
#include "instruction_clock.h"
#include "line.h"
#include "linked.h"
#include "stack_mark.h"

CUTPOINT_LINKED(tensor)
CUTPOINT_LINKED(block)

namespace {

using namespace cutpoint;
using namespace cutpoint::qemu;

constexpr size_t kScratchBytes = 4096;
constexpr size_t kRoomBytes = 16 * 1024;

alignas(4) uint8_t scratch[kScratchBytes];
uint8_t raw_room[kRoomBytes];

// Exit codes; any other but 0 is the machine's.
constexpr int kTooLarge = 1;
constexpr int kRefused = 2;

// Not inlined: the stack mark sees what lies below the frame that made it.
__attribute__((noinline)) int measure(Clock& clock, Bytes tensor, Bytes block) {
  SlicerSettings settings;
  if (read_slicer(block, settings) != Status::kOk) {
    return kRefused;
  }
  uint64_t start = clock.now_us();
  const size_t count = encode_slicer(settings, tensor, MutableBytes(scratch));
  uint64_t taken = clock.now_us() - start;
  const Bytes coded(scratch + kScratchBytes - count, count);
  Line("encoded").number("bytes", count).hex("hash", crc32(0, coded)).number("instructions", taken);

  const MutableBytes raw(raw_room, tensor.size());
  start = clock.now_us();
  const Status status = decode_slicer(settings, coded, raw);
  taken = clock.now_us() - start;
  Line("decoded")
      .number("status", static_cast<uint64_t>(status))
      .hex("hash", crc32(0, raw))
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
  const int code = measure(clock, tensor, linked_block());
  Line("stack").number("bytes", mark.deepest_bytes());
  return code;
}
