#include "update.h"

namespace cutpoint {
namespace {

Status check_data(uint32_t offset, size_t count) {
  if (count == 0 || count > kMaxUpdateDataBytes) {
    return Status::kCount;
  }
  return offset > UINT32_MAX - static_cast<uint32_t>(count) ? Status::kNumber : Status::kOk;
}

}  // namespace

Status read_update(Bytes argument, UpdateView& view) {
  view = UpdateView{UpdateOp::kAbort, 0, Bytes(), 0, Bytes()};
  ByteReader reader(argument);
  uint8_t op = 0;
  Bytes reserved;
  CUTPOINT_TRY(reader.u8(op));
  CUTPOINT_TRY(reader.take(3, reserved));
  if (op < static_cast<uint8_t>(UpdateOp::kBegin) || op > static_cast<uint8_t>(UpdateOp::kAbort)) {
    return Status::kNumber;
  }
  if (reserved[0] != 0 || reserved[1] != 0 || reserved[2] != 0) {
    return Status::kReserved;
  }
  view.op = static_cast<UpdateOp>(op);
  if (view.op == UpdateOp::kBegin) {
    CUTPOINT_TRY(reader.u32(view.size));
    CUTPOINT_TRY(reader.take(kSha256Bytes, view.sha256));
    if (view.size == 0) {
      return Status::kNumber;
    }
  } else if (view.op == UpdateOp::kData) {
    CUTPOINT_TRY(reader.u32(view.offset));
    CUTPOINT_TRY(check_data(view.offset, reader.remaining()));
    CUTPOINT_TRY(reader.take(reader.remaining(), view.data));
  }
  return reader.finished();
}

Status write_update(const UpdateView& update, ByteWriter& writer) {
  const uint8_t head[4] = {static_cast<uint8_t>(update.op), 0, 0, 0};
  switch (update.op) {
    case UpdateOp::kBegin:
      if (update.size == 0) {
        return Status::kNumber;
      }
      if (update.sha256.size() != kSha256Bytes) {
        return Status::kArgument;
      }
      CUTPOINT_TRY(writer.put(Bytes(head)));
      CUTPOINT_TRY(writer.u32(update.size));
      return writer.put(update.sha256);
    case UpdateOp::kData:
      CUTPOINT_TRY(check_data(update.offset, update.data.size()));
      CUTPOINT_TRY(writer.put(Bytes(head)));
      CUTPOINT_TRY(writer.u32(update.offset));
      return writer.put(update.data);
    case UpdateOp::kEnd:
    case UpdateOp::kAbort:
      return writer.put(Bytes(head));
  }
  return Status::kNumber;
}

}  // namespace cutpoint
