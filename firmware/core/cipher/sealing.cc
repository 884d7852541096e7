#include "sealing.h"

namespace cutpoint {

Status FrameSealer::seal(Bytes frame, MutableBytes to, size_t& bytes) {
  if (sealed_ == UINT32_MAX) {
    return Status::kExhausted;
  }
  // Counted before the cipher runs: a nonce that may have been used is never used again, whatever came of it.
  ++sealed_;
  return encrypt_frame(cipher_, Nonce{role_, life_, sealed_}, frame, to, bytes);
}

ReplayWindow* FrameOpener::window(Role sealer) {
  if (own_ != Role::kDevice) {
    return sealer == Role::kDevice ? &windows_[0] : nullptr;
  }
  if (sealer == Role::kEdge) {
    return &windows_[0];
  }
  return sealer == Role::kTool ? &windows_[1] : nullptr;
}

Status FrameOpener::open(MutableBytes frame, size_t& plain_bytes) {
  const Status status = judge(frame, plain_bytes);
  count(status);
  return status;
}

Status FrameOpener::judge(MutableBytes frame, size_t& plain_bytes) {
  Header header = {};
  Nonce nonce = {};
  CUTPOINT_TRY(peek_nonce(frame, header, nonce));
  ReplayWindow* const seen = window(nonce.role);
  if (seen == nullptr) {
    return Status::kRole;
  }
  if (own_ == Role::kDevice && header.kind == Kind::kCommand && header.boot == 0) {
    return Status::kAnyLife;
  }
  // Before the cipher, so that a flood of recorded frames costs little; noted only once the frame is authentic.
  CUTPOINT_TRY(seen->check(nonce.life, nonce.counter));
  CUTPOINT_TRY(decrypt_frame(cipher_, frame, plain_bytes));
  seen->take(nonce.life, nonce.counter);
  return Status::kOk;
}

void FrameOpener::count(Status status) {
  switch (status) {
    case Status::kOk:
      ++counters_.opened;
      break;
    case Status::kPlain:
      ++counters_.plain;
      break;
    case Status::kForged:
      ++counters_.forged;
      break;
    case Status::kReplayed:
      ++counters_.replayed;
      break;
    case Status::kOldLife:
      ++counters_.old_life;
      break;
    case Status::kRole:
      ++counters_.role;
      break;
    case Status::kAnyLife:
      ++counters_.any_life;
      break;
    default:
      ++counters_.damaged;
      break;
  }
}

bool SealedTransport::publish(Leaf leaf, Bytes payload, uint8_t qos, bool retain) {
  if (leaf != Leaf::kActivation && leaf != Leaf::kTelemetry) {
    return next_.publish(leaf, payload, qos, retain);
  }
  size_t bytes = 0;
  sealing_ = sealer_.seal(payload, buffer_, bytes);
  return sealing_ == Status::kOk && next_.publish(leaf, buffer_.first(bytes), qos, retain);
}

}  // namespace cutpoint
