// The last activations that left a device, so that what comes back can be told apart: in time, late, twice, foreign.
#ifndef CUTPOINT_SESSION_SENT_LOG_H_
#define CUTPOINT_SESSION_SENT_LOG_H_

#include <stdint.h>

namespace cutpoint {

enum class SentState : uint8_t {
  kUnused,
  kSending,   // some chunks are still to be handed over
  kOpen,      // the edge has until deadline_us
  kMissed,    // the deadline passed
  kLost,      // the connection went away
  kAnswered,  // an answer or acknowledgement came, late or not
  kRefused,
};

struct Sent {
  uint32_t sequence;
  uint16_t cut;
  SentState state;
  bool answered;       // the device had answered by itself: an acknowledgement is expected
  bool void_measure;   // the clock jumped meanwhile
  uint32_t bytes_up;   // headers included
  uint32_t deadline_ms;
  uint64_t began_us;     // first chunk handed over, session time
  uint64_t deadline_us;  // counts from the last chunk, session time

  bool pending() const { return state == SentState::kSending || state == SentState::kOpen; }
};

// Bounds the unacknowledged reports as well: a device that answers by itself faster than acknowledgements come would
// otherwise push each one out before its deadline, and never learn that the edge has gone.
constexpr uint8_t kSentLogSize = 8;

class SentLog {
 public:
  // Whether add() would push out nothing that still waits.
  bool has_room() const { return !entries_[next_].pending(); }

  // Replaces the oldest entry. The pointer holds until kSentLogSize more have been added.
  Sent* add(uint32_t sequence, uint16_t cut, bool answered, uint32_t deadline_ms, uint64_t now) {
    Sent& sent = entries_[next_];
    sent = {sequence, cut, SentState::kSending, answered, false, 0, deadline_ms, now, 0};
    next_ = static_cast<uint8_t>((next_ + 1) % kSentLogSize);
    return &sent;
  }

  Sent* find(uint32_t sequence) {
    for (Sent& sent : entries_) {
      if (sent.state != SentState::kUnused && sent.sequence == sequence) {
        return &sent;
      }
    }
    return nullptr;
  }

  // An entry whose deadline has passed, which becomes kMissed; null when there is none.
  Sent* expire_one(uint64_t now) {
    for (Sent& sent : entries_) {
      if (sent.state == SentState::kOpen && sent.deadline_us <= now) {
        sent.state = SentState::kMissed;
        return &sent;
      }
    }
    return nullptr;
  }

  bool next_deadline(uint64_t& when) const {
    bool found = false;
    for (const Sent& sent : entries_) {
      if (sent.state == SentState::kOpen && (!found || sent.deadline_us < when)) {
        when = sent.deadline_us;
        found = true;
      }
    }
    return found;
  }

  bool waiting() const {
    for (const Sent& sent : entries_) {
      if (sent.pending()) {
        return true;
      }
    }
    return false;
  }

  void void_measures() {
    for (Sent& sent : entries_) {
      sent.void_measure = true;
    }
  }

  void lose_pending() {
    for (Sent& sent : entries_) {
      if (sent.pending()) {
        sent.state = SentState::kLost;
      }
    }
  }

 private:
  Sent entries_[kSentLogSize] = {};
  uint8_t next_ = 0;
};

}  // namespace cutpoint

#endif  // CUTPOINT_SESSION_SENT_LOG_H_
