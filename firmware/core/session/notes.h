// What a device has to say besides its frames, until it can be said: the JSON of the note topic.
#ifndef CUTPOINT_SESSION_NOTES_H_
#define CUTPOINT_SESSION_NOTES_H_

#include <stddef.h>
#include <stdint.h>

#include "../bytes.h"
#include "../span.h"

namespace cutpoint {

constexpr size_t kMaxNoteBytes = 384;

struct NoteSlot {
  uint16_t bytes;
  uint8_t text[kMaxNoteBytes];
};

// First in, first out, as many notes as there are slots: when all are taken the oldest note makes room. One owner, the
// task of the Driver that publishes them; its Listener may put from within its calls.
class Notes {
 public:
  // The slots must live as long as this; at least one.
  explicit Notes(Span<NoteSlot> slots) : slots_(slots) {}

  // Copies `json`. False for a text of no bytes, or more than kMaxNoteBytes.
  bool put(Bytes json) {
    if (json.empty() || json.size() > kMaxNoteBytes) {
      return false;
    }
    if (count_ == slots_.size()) {
      ++dropped_;
      pop();
    }
    NoteSlot& slot = slots_[(first_ + count_) % slots_.size()];
    slot.bytes = static_cast<uint16_t>(json.size());
    copy_bytes(slot.text, json.data(), json.size());
    ++count_;
    return true;
  }

  bool empty() const { return count_ == 0; }
  // The oldest; not when empty. Until the next put() or pop().
  Bytes front() const { return Bytes(slots_[first_].text, slots_[first_].bytes); }
  void pop() {
    if (count_ != 0) {
      first_ = (first_ + 1) % slots_.size();
      --count_;
    }
  }
  // Notes that made room for newer ones.
  uint32_t dropped() const { return dropped_; }

 private:
  Span<NoteSlot> slots_;
  size_t first_ = 0;
  size_t count_ = 0;
  uint32_t dropped_ = 0;
};

}  // namespace cutpoint

#endif  // CUTPOINT_SESSION_NOTES_H_
