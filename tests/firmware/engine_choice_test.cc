// Which engine a model gets, of the two that a firmware has.
#include "arena/engine_choice.h"

#include "check.h"

using namespace cutpoint;
using namespace cutpoint::device;

namespace {

constexpr FreeMemory kPlain = {118784, 200000, 0};
constexpr FreeMemory kWithPsram = {118784, 200000, 4000000};

struct Slot {
  // arena: of the operators on board; 0 when nobody measured it.
  Slot(uint32_t plan_bytes, uint32_t arena) {
    store_u32(table, 28000);
    store_u32(table + 4, arena);
    header.plan_bytes = plan_bytes;
    header.operators = 25;
    header.on_board = 2;
    header.arena_entries = 2;
    header.arena = Bytes(table);
  }
  uint8_t table[8];
  SlotHeader header;
};

SlotEngine chosen(const Slot& slot, const FreeMemory& memory) { return choose_engine(slot.header, memory); }

}  // namespace

TEST(without_psram_a_plan_is_run_by_stream_whatever_tflm_would_need) {
  CHECK(chosen(Slot(9000, 152000), kPlain) == SlotEngine::kStream);
  CHECK(chosen(Slot(9000, 70000), kPlain) == SlotEngine::kStream);
}

TEST(with_psram_it_is_run_by_tflm_while_the_arena_lies_inside_the_chip) {
  CHECK(chosen(Slot(9000, 70000), kWithPsram) == SlotEngine::kTflm);
  CHECK(chosen(Slot(9000, 118784 - kBlockOverheadBytes), kWithPsram) == SlotEngine::kTflm);
  CHECK(chosen(Slot(9000, 118784 - kBlockOverheadBytes + 1), kWithPsram) == SlotEngine::kStream);
}

TEST(an_arena_that_nobody_measured_is_taken_for_one_that_does_not_fit) {
  CHECK(chosen(Slot(9000, 0), kWithPsram) == SlotEngine::kStream);
  Slot unknown(9000, 70000);
  unknown.header.on_board = 25;  // the table ends at 2
  CHECK(chosen(unknown, kWithPsram) == SlotEngine::kStream);
}

TEST(a_slot_without_a_plan_is_tflms) {
  CHECK(chosen(Slot(0, 152000), kPlain) == SlotEngine::kTflm);
  CHECK(chosen(Slot(0, 0), kWithPsram) == SlotEngine::kTflm);
}
