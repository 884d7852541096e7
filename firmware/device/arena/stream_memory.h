// Where the Stream engine's two pieces of memory go: the network's inputs, whole or as a ring that is fed line by line,
// and the block of all other lines.
#ifndef CUTPOINT_DEVICE_ARENA_STREAM_MEMORY_H_
#define CUTPOINT_DEVICE_ARENA_STREAM_MEMORY_H_

#include <stddef.h>

#include "../../core/stream/plan.h"
#include "choice.h"

namespace cutpoint::device {

// What stays free inside the chip when the engine takes more than it must: inputs that are held whole although they could
// be fed, a block for more cuts than the whole network. 16 + 16 of Wi-Fi's dynamic buffers of 1,600 bytes, as the board
// files allow, and TLS records of 16,384 and 5,120 bytes (sdkconfig.defaults), at once.
constexpr size_t kInternalComfortBytes = 72 * 1024;

struct PictureMemory {
  bool fed;
  ArenaPlace place;  // kNone: there is no room
  size_t bytes;
};

// Whole where it costs nobody anything: in PSRAM, or inside the chip beside the smallest block with kInternalComfortBytes
// left over. Else a ring, when there is who feeds it; else whole wherever it fits.
PictureMemory choose_picture_memory(const stream::Plan& plan, const FreeMemory& memory, bool can_feed);
// The ring, whatever there is room for.
PictureMemory fed_picture_memory(const stream::Plan& plan, const FreeMemory& memory);

struct BlockMemory {
  ArenaPlace place;  // kNone: not even the smallest fits
  size_t bytes;
};

// `memory` is what is left beside the inputs. Inside the chip when the smallest block fits there, outside else; and as
// large as the most demanding cut needs for which there is room.
BlockMemory choose_block_memory(const stream::Plan& plan, const FreeMemory& memory);

// Bytes of block for the operators on board without a cut: the least that the engine runs in.
size_t least_block_bytes(const stream::Plan& plan);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_ARENA_STREAM_MEMORY_H_
