// The arena goes inside the chip when it fits beside the network, else outside; a refusal says what would fit.
#include "arena/choice.h"

#include <string>

#include "check.h"

using namespace cutpoint;
using namespace cutpoint::device;

namespace {

// A plain ESP32 with its network up, as seen in an emulator.
constexpr FreeMemory kPlain = {118784, 200000, 0};
constexpr FreeMemory kWithExternal = {118784, 200000, 4000000};

std::string refusal(size_t needed, const FreeMemory& memory, uint16_t on_board, bool exact = true) {
  static uint8_t table[3 * 4];
  store_u32(table, 28000);
  store_u32(table + 4, 66000);
  store_u32(table + 8, 150000);
  SlotHeader header;
  header.operators = 25;
  header.on_board = on_board;
  header.arena_entries = 3;
  header.arena = Bytes(table, sizeof table);
  Sentence why;
  explain_no_arena(needed, exact, memory, header, why);
  return why.text();
}

}  // namespace

TEST(an_arena_that_fits_inside_lies_inside) {
  CHECK(choose_arena(73344, kPlain) == ArenaPlace::kInternal);
  CHECK(choose_arena(73344, kWithExternal) == ArenaPlace::kInternal);
}

TEST(a_larger_one_lies_outside_or_nowhere) {
  CHECK(choose_arena(150144, kWithExternal) == ArenaPlace::kExternal);
  CHECK(choose_arena(150144, kPlain) == ArenaPlace::kNone);
  CHECK(choose_arena(4000000, kWithExternal) == ArenaPlace::kNone);
}

TEST(the_boundary_is_the_block_less_its_overhead) {
  CHECK(choose_arena(118784 - kBlockOverheadBytes, kPlain) == ArenaPlace::kInternal);
  CHECK(choose_arena(118784 - kBlockOverheadBytes + 1, kPlain) == ArenaPlace::kNone);
}

TEST(the_network_keeps_its_reserve) {
  const FreeMemory one_block = {100000, 100000, 0};
  CHECK(largest_internal_arena(one_block) == 100000 - kInternalReserveBytes);
  const FreeMemory exhausted = {10, 20, 0};
  CHECK(largest_internal_arena(exhausted) == 0);
  CHECK(choose_arena(1, exhausted) == ArenaPlace::kNone);
}

TEST(a_refusal_says_what_is_missing_and_what_would_fit) {
  CHECK(refusal(150144, kPlain, 3) ==
        "The model needs 150144 bytes of RAM in one block, 118720 are free: 31424 are missing. "
        "Its first 2 of 25 operators would fit: split it with --max-cut 2.");
}

TEST(a_refusal_goes_by_the_table_of_the_engine_that_is_meant) {
  uint8_t arena[4], block[2 * 4];
  store_u32(arena, 28000);
  store_u32(block, 90000);
  store_u32(block + 4, 30000);
  SlotHeader header;
  header.operators = header.on_board = 25;
  header.arena_entries = 1;
  header.arena = Bytes(arena);
  header.block_entries = 2;
  header.block = Bytes(block);
  Sentence why;
  explain_no_arena(60000, true, FreeMemory{40000, 100000, 0}, header, why, SlotEngine::kStream);
  CHECK(std::string(why.text()).find("--max-cut 2") != std::string::npos);
  explain_no_arena(60000, true, FreeMemory{40000, 100000, 0}, header, why);
  CHECK(std::string(why.text()).find("--max-cut 1") != std::string::npos);
}

TEST(a_refusal_without_a_cut_that_fits_names_none) {
  CHECK(refusal(30000, FreeMemory{20000, 60000, 0}, 3).find("Split it for fewer operators on board.") !=
        std::string::npos);
  CHECK(refusal(150144, kPlain, 2).find("--max-cut") == std::string::npos);
}

TEST(a_lower_bound_is_called_one) {
  CHECK(refusal(150144, kPlain, 3, false).find("needs at least 150144 bytes") != std::string::npos);
}

TEST(no_refusal_is_cut_off) {
  const size_t most = 4294967295u;
  const std::string text = refusal(most, kWithExternal, 3, false);
  CHECK(text.size() + 1 < kSentenceBytes);
  CHECK(text.back() == '.');
}
