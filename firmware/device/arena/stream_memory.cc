#include "stream_memory.h"

#include "../../core/stream/engine.h"

namespace cutpoint::device {
namespace {

size_t less(size_t bytes, size_t taken) { return bytes > taken ? bytes - taken : 0; }

// The largest block that a cut can make use of in so much room; 0 when no cut fits. A device that has the whole network
// goes on from its cut when no answer comes (LineEngine::can_cut).
size_t largest_useful_block(const stream::Plan& plan, size_t room) {
  const uint16_t on_board = plan.header().on_board;
  const bool goes_on = on_board == plan.header().operators;
  size_t largest = 0;
  for (uint16_t cut = 0; cut <= on_board; ++cut) {
    const size_t bytes = stream::block_bytes(plan, cut, goes_on && cut != on_board);
    if (bytes <= room && bytes > largest) {
      largest = bytes;
    }
  }
  return largest;
}

}  // namespace

size_t least_block_bytes(const stream::Plan& plan) { return stream::block_bytes(plan, plan.header().on_board, false); }

PictureMemory choose_picture_memory(const stream::Plan& plan, const FreeMemory& memory, bool can_feed) {
  const size_t whole = stream::picture_bytes(plan, false);
  if (whole <= largest_external_arena(memory)) {
    return {false, ArenaPlace::kExternal, whole};
  }
  const size_t beside = least_block_bytes(plan) + 2 * kBlockOverheadBytes + kInternalComfortBytes;
  if (whole <= largest_internal_arena(memory) && whole <= less(memory.internal_total, beside)) {
    return {false, ArenaPlace::kInternal, whole};
  }
  return can_feed ? fed_picture_memory(plan, memory) : PictureMemory{false, choose_arena(whole, memory), whole};
}

PictureMemory fed_picture_memory(const stream::Plan& plan, const FreeMemory& memory) {
  const size_t bytes = stream::picture_bytes(plan, true);
  return {true, choose_arena(bytes, memory), bytes};
}

BlockMemory choose_block_memory(const stream::Plan& plan, const FreeMemory& memory) {
  const size_t least = least_block_bytes(plan);
  const ArenaPlace place = choose_arena(least, memory);
  size_t room = 0;
  if (place == ArenaPlace::kInternal) {
    const size_t block = largest_internal_arena(memory);
    const size_t comfort = less(memory.internal_total, kInternalComfortBytes);
    room = block < comfort ? block : comfort;
  } else if (place == ArenaPlace::kExternal) {
    room = largest_external_arena(memory);
  }
  const size_t useful = largest_useful_block(plan, room);
  return {place, useful > least ? useful : least};
}

}  // namespace cutpoint::device
