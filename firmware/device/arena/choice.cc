#include "choice.h"

namespace cutpoint::device {
namespace {

size_t less(size_t bytes, size_t taken) { return bytes > taken ? bytes - taken : 0; }

size_t lesser(size_t a, size_t b) { return a < b ? a : b; }

}  // namespace

size_t largest_internal_arena(const FreeMemory& memory) {
  return lesser(less(memory.internal_block, kBlockOverheadBytes), less(memory.internal_total, kInternalReserveBytes));
}

size_t largest_external_arena(const FreeMemory& memory) { return less(memory.external_block, kBlockOverheadBytes); }

ArenaPlace choose_arena(size_t needed_bytes, const FreeMemory& memory) {
  if (needed_bytes <= largest_internal_arena(memory)) {
    return ArenaPlace::kInternal;
  }
  return needed_bytes <= largest_external_arena(memory) ? ArenaPlace::kExternal : ArenaPlace::kNone;
}

void explain_no_arena(size_t needed_bytes, bool exact, const FreeMemory& memory, const SlotHeader& header,
                      Sentence& why, SlotEngine engine) {
  const size_t internal = largest_internal_arena(memory);
  const size_t external = largest_external_arena(memory);
  const size_t there = internal > external ? internal : external;
  const uint16_t largest = largest_cut_within(header, static_cast<uint32_t>(there), engine);
  why.clear();
  why.add("The model needs ").add(exact ? "" : "at least ").add(static_cast<uint32_t>(needed_bytes));
  why.add(" bytes of RAM in one block, ").add(static_cast<uint32_t>(there)).add(" are free: ");
  why.add(static_cast<uint32_t>(less(needed_bytes, there))).add(" are missing. ");
  if (largest == 0 || largest >= header.on_board) {
    why.add("Split it for fewer operators on board.");
  } else {
    why.add("Its first ").add(static_cast<uint32_t>(largest)).add(" of ");
    why.add(static_cast<uint32_t>(header.operators)).add(" operators would fit: split it with --max-cut ");
    why.add(static_cast<uint32_t>(largest)).add(".");
  }
}

}  // namespace cutpoint::device
