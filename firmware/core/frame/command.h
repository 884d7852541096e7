// The command message: what the edge asks of a device besides its plan.
#ifndef CUTPOINT_FRAME_COMMAND_H_
#define CUTPOINT_FRAME_COMMAND_H_

#include <stddef.h>
#include <stdint.h>

#include "../bytes.h"
#include "header.h"

namespace cutpoint {

enum class CommandId : uint16_t {
  kProfile = 1,
  kIdentify = 2,
  kRestart = 3,
  kNewModel = 4,
  kNewFirmware = 5,
};

constexpr size_t kMaxArgumentBytes = 1024;
constexpr size_t kMaxCommandPayloadBytes = 4 + kMaxArgumentBytes;

struct CommandView {
  uint16_t id;  // a CommandId, or a number that this version does not know and counts as unsupported
  Bytes argument;
};

Status read_command(const Header& header, Bytes payload, CommandView& view);
Status write_command(const CommandView& command, ByteWriter& writer);

}  // namespace cutpoint

#endif  // CUTPOINT_FRAME_COMMAND_H_
