// The argument of the commands 4 (new model) and 5 (new firmware): one step of an update.
#ifndef CUTPOINT_FRAME_UPDATE_H_
#define CUTPOINT_FRAME_UPDATE_H_

#include <stddef.h>
#include <stdint.h>

#include "../bytes.h"
#include "command.h"

namespace cutpoint {

enum class UpdateOp : uint8_t {
  kBegin = 1,
  kData = 2,
  kEnd = 3,
  kAbort = 4,
};

constexpr size_t kSha256Bytes = 32;
constexpr size_t kMaxUpdateDataBytes = kMaxArgumentBytes - 8;  // of one data step

// What `op` does not carry is 0 or empty. `sha256` and `data` point into the argument.
struct UpdateView {
  UpdateOp op;
  uint32_t size;  // begin: bytes of the whole image, at least 1
  Bytes sha256;   // begin: of the whole image, kSha256Bytes
  uint32_t offset;  // data: where `data` belongs in the image; offset + data.size() fits a u32
  Bytes data;       // data: 1 to kMaxUpdateDataBytes
};

// kTruncated, kTrailing, kReserved; kNumber for an unknown op, an image of no bytes or an end beyond 4 GB; kCount for
// data of no bytes or too many.
Status read_update(Bytes argument, UpdateView& view);
// Refuses what read_update would refuse; kArgument for a SHA-256 of another length.
Status write_update(const UpdateView& update, ByteWriter& writer);

}  // namespace cutpoint

#endif  // CUTPOINT_FRAME_UPDATE_H_
