// Whether the machine itself can be trusted: instructions counted, the stack's depth, and the arithmetic that the
// processor has no instruction for. The tests know the answers.
#include "bytes.h"
#include "instruction_clock.h"
#include "line.h"
#include "linked.h"
#include "stack_mark.h"

CUTPOINT_LINKED(pairs)  // of little-endian 64-bit numbers

namespace {

using namespace cutpoint;
using namespace cutpoint::qemu;

constexpr size_t kPairBytes = 16;
constexpr size_t kDeepBytes = 1000;
constexpr size_t kDeeperBytes = 20000;
constexpr size_t kRounds = 100;  // 100,000 instructions, over several translation blocks of QEMU

uint64_t load_u64(const uint8_t* from) {
  return load_u32(from) | (static_cast<uint64_t>(load_u32(from + 4)) << 32);
}

void count(Clock& clock) {
  uint64_t start = clock.now_us();
  const uint64_t nothing = clock.now_us() - start;
  start = clock.now_us();
  asm volatile(".rept 1000\nnop\n.endr");
  const uint64_t thousand = clock.now_us() - start;
  uint64_t many = 0;
  for (size_t round = 0; round < kRounds; ++round) {
    start = clock.now_us();
    asm volatile(".rept 1000\nnop\n.endr");
    many += clock.now_us() - start;
  }
  Line("counted").number("nothing", nothing).number("thousand", thousand).number("many", many);
}

template <size_t kBytes>
__attribute__((noinline)) void go_deep() {
  uint8_t room[kBytes];
  fill_bytes(room, 0, sizeof room);
  asm volatile("" : : "r"(room) : "memory");  // somebody may read it: it is not optimised away
}

void look_deep() {
  const StackMark mark;
  const size_t before = mark.deepest_bytes();
  go_deep<kDeepBytes>();
  Line("stack").number("before", before).number("after", mark.deepest_bytes());
  go_deep<kDeeperBytes>();
  Line("deep").number("bytes", mark.deepest_bytes());
}

void calculate(Bytes pairs) {
  for (size_t at = 0; at + kPairBytes <= pairs.size(); at += kPairBytes) {
    const uint64_t a = load_u64(pairs.data() + at);
    const uint64_t b = load_u64(pairs.data() + at + 8);
    const int64_t signed_a = static_cast<int64_t>(a);
    const int64_t signed_b = static_cast<int64_t>(b);
    const uint32_t low_a = static_cast<uint32_t>(a);
    const uint32_t low_b = static_cast<uint32_t>(b) | 1u;
    Line("arithmetic")
        .number("product", a * b)
        .number("wide", static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(low_a)) *
                                              static_cast<int32_t>(low_b)))
        .number("quotient", a / b)
        .number("remainder", a % b)
        .number("signed", static_cast<uint64_t>(signed_a / signed_b))
        .number("left", static_cast<uint64_t>(signed_a % signed_b))
        .number("quotient32", low_a / low_b)
        .number("remainder32", low_a % low_b)
        .number("signed32", static_cast<uint32_t>(static_cast<int32_t>(low_a) / static_cast<int32_t>(low_b)))
        .number("left32", static_cast<uint32_t>(static_cast<int32_t>(low_a) % static_cast<int32_t>(low_b)));
    const float float_a = float_of_bits(static_cast<uint32_t>(a));
    const float float_b = float_of_bits(static_cast<uint32_t>(b));
    Line("float")
        .hex("sum", bits_of_float(float_a + float_b))
        .hex("difference", bits_of_float(float_a - float_b))
        .hex("whole", bits_of_float(static_cast<float>(static_cast<int32_t>(low_a))));
  }
}

}  // namespace

int main() {
  InstructionClock clock;
  count(clock);
  look_deep();
  const Bytes pairs = linked_pairs();
  if (pairs.empty()) {
    __builtin_trap();  // nothing was linked in: for the test of what a fault looks like from outside
  }
  calculate(pairs);
  return 0;
}
