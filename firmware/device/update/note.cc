#include "../../core/bytes.h"
#include "receiver.h"

namespace cutpoint::device {

bool update_allowed(UpdatePolicy policy, UpdateKind kind) {
  return policy == UpdatePolicy::kAll || (policy == UpdatePolicy::kModel && kind == UpdateKind::kModel);
}

const char* update_state_name(UpdateState state) {
  switch (state) {
    case UpdateState::kReady:
      return "ready";
    case UpdateState::kReceiving:
      return "receiving";
    case UpdateState::kTrying:
      return "trying";
    case UpdateState::kRefused:
      return "refused";
    case UpdateState::kFailed:
      return "failed";
    case UpdateState::kDone:
      return "done";
    case UpdateState::kReturned:
      return "returned";
  }
  return "";
}

const char* update_kind_name(UpdateKind kind) { return kind == UpdateKind::kModel ? "model" : "firmware"; }

void write_progress(const UpdateProgress& progress, uint8_t (&bytes)[kProgressBytes]) {
  store_u32(bytes, progress.size);
  store_u32(bytes + 4, progress.offset);
  copy_bytes(bytes + 8, progress.sha256, kSha256Bytes);
}

bool read_progress(Bytes bytes, UpdateProgress& progress) {
  progress = UpdateProgress();
  if (bytes.size() != kProgressBytes || load_u32(bytes.data()) == 0) {
    return false;
  }
  progress.size = load_u32(bytes.data());
  progress.offset = load_u32(bytes.data() + 4);
  copy_bytes(progress.sha256, bytes.data() + 8, kSha256Bytes);
  return true;
}

}  // namespace cutpoint::device
