#include "engine_choice.h"

namespace cutpoint::device {

SlotEngine choose_engine(const SlotHeader& header, const FreeMemory& memory) {
  const uint32_t arena = header.arena_bytes(header.on_board);
  const bool inside = arena != 0 && arena <= largest_internal_arena(memory);
  const bool psram = memory.external_block != 0;
  return header.plan_bytes != 0 && !(psram && inside) ? SlotEngine::kStream : SlotEngine::kTflm;
}

}  // namespace cutpoint::device
