// Which frames of a sealer have been opened already (the sliding window of RFC 4303, section 3.4.3).
#ifndef CUTPOINT_CIPHER_REPLAY_WINDOW_H_
#define CUTPOINT_CIPHER_REPLAY_WINDOW_H_

#include <stdint.h>

#include "../status.h"
#include "nonce.h"

namespace cutpoint {

// Frames may come this far out of order; one that is further behind counts as a replay.
constexpr uint32_t kReplayWindow = 64;

class ReplayWindow {
 public:
  // kOk for a frame that is new; kReplayed for one that has been taken, is too far behind, or has counter 0;
  // kOldLife for one of a life before the newest that was taken. Changes nothing.
  Status check(const Life& life, uint32_t counter) const;
  // Notes an authentic frame that check() found new.
  void take(const Life& life, uint32_t counter);

  // Goes on after a restart of the receiver: everything up to `counter` of `life`, and every life before, is taken.
  void resume(const Life& life, uint32_t counter);

  bool empty() const { return !begun_; }
  // Of the newest frame taken; nothing of meaning while empty.
  const Life& life() const { return life_; }
  uint32_t highest() const { return highest_; }

 private:
  Life life_ = {};
  uint32_t highest_ = 0;
  uint64_t taken_ = 0;  // bit i: counter highest_ - i
  bool begun_ = false;
};

}  // namespace cutpoint

#endif  // CUTPOINT_CIPHER_REPLAY_WINDOW_H_
