#include "replay_window.h"

namespace cutpoint {

Status ReplayWindow::check(const Life& life, uint32_t counter) const {
  if (counter == 0) {
    return Status::kReplayed;
  }
  if (!begun_ || life_ < life) {
    return Status::kOk;
  }
  if (life < life_) {
    return Status::kOldLife;
  }
  if (counter > highest_) {
    return Status::kOk;
  }
  const uint32_t behind = highest_ - counter;
  return behind < kReplayWindow && (taken_ >> behind & 1u) == 0 ? Status::kOk : Status::kReplayed;
}

void ReplayWindow::take(const Life& life, uint32_t counter) {
  if (!begun_ || life_ < life) {
    life_ = life;
    highest_ = counter;
    taken_ = 1;
    begun_ = true;
    return;
  }
  if (counter <= highest_) {
    taken_ |= uint64_t{1} << (highest_ - counter);
    return;
  }
  const uint32_t ahead = counter - highest_;
  taken_ = ahead < kReplayWindow ? taken_ << ahead | 1u : 1u;
  highest_ = counter;
}

void ReplayWindow::resume(const Life& life, uint32_t counter) {
  life_ = life;
  highest_ = counter;
  taken_ = ~uint64_t{0};
  begun_ = true;
}

}  // namespace cutpoint
