#include "incomplete_activation.h"

#include "../bytes.h"
#include "activation.h"

namespace cutpoint {

Status read_incomplete_activation(const IncompleteMessage& message, IncompleteActivation& activation) {
  if (message.header.kind != Kind::kActivation) {
    return Status::kKind;
  }
  if (message.header.sequence == 0) {
    return Status::kNumber;
  }
  if (!message.has(0, kActivationHeadBytes)) {
    return Status::kTruncated;
  }
  const uint8_t* head = message.payload.data();
  activation = IncompleteActivation();
  activation.tensor_count = head[0];
  activation.setting = head[1];
  activation.plan_epoch = load_u32(head + 4);
  if (calibrated(message.header.codec) != (activation.setting != 0)) {
    return activation.setting != 0 ? Status::kReserved : Status::kNumber;
  }
  if (activation.tensor_count > kMaxTensors) {
    return Status::kCount;
  }
  size_t at = kActivationHeadBytes;
  while (activation.tensors_known < activation.tensor_count && message.has(at, kTensorRecordBytes)) {
    IncompleteTensor& tensor = activation.tensors[activation.tensors_known];
    ByteReader reader(message.payload.slice(at, kTensorRecordBytes));
    uint32_t coded_bytes = 0;
    CUTPOINT_TRY(read_tensor_head(reader, message.header.codec, tensor.record, coded_bytes));
    at += kTensorRecordBytes;
    if (coded_bytes > message.payload.size() - at) {
      return Status::kTruncated;
    }
    tensor.at = at;
    tensor.record.coded = message.payload.slice(at, coded_bytes);
    at += coded_bytes;
    activation.tensors_known = static_cast<uint8_t>(activation.tensors_known + 1);
  }
  return Status::kOk;
}

}  // namespace cutpoint
