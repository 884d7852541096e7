// Where a model's arena goes: internal RAM when it fits there, external RAM else, or a refusal that helps.
#ifndef CUTPOINT_DEVICE_ARENA_CHOICE_H_
#define CUTPOINT_DEVICE_ARENA_CHOICE_H_

#include <stddef.h>
#include <stdint.h>

#include "../sentence.h"
#include "../slot/header.h"

namespace cutpoint::device {

// What must stay free inside the chip for the network: its tasks, buffers and TLS allocate while the model lies there.
constexpr size_t kInternalReserveBytes = 24 * 1024;

// Alignment and the allocator's own header cost a block this much.
constexpr size_t kBlockOverheadBytes = 64;

struct FreeMemory {
  size_t internal_block;  // largest free block of RAM inside the chip, bytes
  size_t internal_total;  // all that is free there
  size_t external_block;  // largest free block of PSRAM; 0 without PSRAM
};

enum class ArenaPlace : uint8_t { kNone = 0, kInternal = 1, kExternal = 2 };

// The largest arena that has room in one place.
size_t largest_internal_arena(const FreeMemory& memory);
size_t largest_external_arena(const FreeMemory& memory);

ArenaPlace choose_arena(size_t needed_bytes, const FreeMemory& memory);

// Why there is no place: how much is missing, and the largest K of this network that would fit the engine, by the tables
// in the slot's header. `exact` is false when at least so much is needed.
void explain_no_arena(size_t needed_bytes, bool exact, const FreeMemory& memory, const SlotHeader& header,
                      Sentence& why, SlotEngine engine = SlotEngine::kTflm);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_ARENA_CHOICE_H_
