#include "command.h"

namespace cutpoint {

Status read_command(const Header& header, Bytes payload, CommandView& view) {
  if (header.kind != Kind::kCommand) {
    return Status::kKind;
  }
  ByteReader reader(payload);
  uint16_t argument_bytes = 0;
  CUTPOINT_TRY(reader.u16(view.id));
  CUTPOINT_TRY(reader.u16(argument_bytes));
  if (argument_bytes > kMaxArgumentBytes) {
    return Status::kCount;
  }
  CUTPOINT_TRY(reader.take(argument_bytes, view.argument));
  return reader.finished();
}

Status write_command(const CommandView& command, ByteWriter& writer) {
  if (command.argument.size() > kMaxArgumentBytes) {
    return Status::kCount;
  }
  CUTPOINT_TRY(writer.u16(command.id));
  CUTPOINT_TRY(writer.u16(static_cast<uint16_t>(command.argument.size())));
  return writer.put(command.argument);
}

}  // namespace cutpoint
