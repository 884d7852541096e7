// Codec rans on bare metal: what it makes of a linked tensor with a linked block of codec.tables.
#include "bytes.h"
#include "codec/rans/rans.h"
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

constexpr size_t kRoomBytes = 64 * 1024;
uint8_t coded_room[4096];
uint8_t raw_room[kRoomBytes];

__attribute__((noinline)) int measure(Clock& clock, Bytes tensor, Bytes block) {
  const uint8_t* at = block.data();
  LevelGrid grid{load_u16(at), load_u16(at + 2), load_u16(at + 4), (uint16_t)(at[6] + 1), at[7]};
  RansModel model;
  size_t bytes = 0;
  size_t from = 268 + (grid.levels + 3u) / 4 * 4;
  if (read_model(block.from(from), grid, false, model, bytes) != Status::kOk) return 2;
  uint64_t start = clock.now_us();
  size_t count = encode_streams(grid, model, at + 12, tensor, MutableBytes(coded_room));
  uint64_t taken = clock.now_us() - start;
  const Bytes coded(coded_room + sizeof coded_room - count, count);
  Line("encoded").number("bytes", count).hex("hash", crc32(0, coded)).number("instructions", taken).number("raw", tensor.size());
  start = clock.now_us();
  const Status status = decode_streams(grid, model, coded, Bytes(), MutableBytes(raw_room, tensor.size()));
  taken = clock.now_us() - start;
  Line("decoded").number("status", (uint64_t)status).hex("hash", crc32(0, Bytes(raw_room, tensor.size()))).number("instructions", taken);
  return 0;
}
}  // namespace

int main() {
  InstructionClock clock;
  const StackMark mark;
  const int code = measure(clock, linked_tensor(), linked_block());
  Line("stack").number("bytes", mark.deepest_bytes());
  return code;
}
