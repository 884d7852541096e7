// Puts the chunks of a message together again, in any order, in a buffer of fixed capacity.
#ifndef CUTPOINT_FRAME_REASSEMBLER_H_
#define CUTPOINT_FRAME_REASSEMBLER_H_

#include <stddef.h>
#include <stdint.h>

#include "../span.h"
#include "../status.h"
#include "header.h"
#include "incomplete.h"

namespace cutpoint {

// A stale chunk streak this long, without one chunk accepted between, gives up the unfinished message. Otherwise one
// forged frame with a far boot number, or a device whose boot counter was erased, would shut the device out for good.
constexpr uint32_t kStaleBeforeGivingUp = 32;

struct ReassemblyCounters {
  uint32_t messages;   // handed out complete
  uint32_t duplicate;  // chunks that were there already
  uint32_t stale;      // chunks of an older message than the one being collected
  uint32_t displaced;  // unfinished messages that gave way
  uint32_t oversized;  // frames that would overrun the buffer
  uint32_t refused;    // frames refused for any other reason
};

// header.chunk_index is 0 and header.payload_bytes the size of the whole payload.
struct Message {
  Header header;
  Bytes payload;  // in the frame pushed last or in the buffer: valid until the next push and while both live
};

// One per device and kind. Compares with the unfinished message only: what has been handed out is forgotten, so a
// message sent twice is handed out twice and the receiver's cache answers the second.
class Reassembler {
 public:
  // capacity of `buffer` bounds the payload of a message of several chunks; one chunk never touches the buffer.
  explicit Reassembler(MutableBytes buffer) : buffer_(buffer) {}

  // kOk: `message` is complete. kPending: taken, more to come. Anything else: the frame is counted and dropped and
  // what was collected before stays as it was.
  Status push(Bytes frame, Message& message);

  // Forgets an unfinished message (a new session of the device); counters stay.
  void reset() { active_ = false; }
  bool collecting() const { return active_; }
  // What has come of the unfinished message; false while there is none, or none of its chunks but the last, which alone
  // has no place yet.
  bool incomplete(IncompleteMessage& message) const;
  const ReassemblyCounters& counters() const { return counters_; }

 private:
  Status accept(const Header& header, Bytes payload, Message& message);
  // Can the chunk be part of a message that fits? `belongs`: of the one being collected, else of a new one.
  Status check_size(const Header& header, size_t payload_bytes, bool belongs) const;
  void start(const Header& header);
  void place(const Header& header, Bytes payload);
  void finish(const Header& header, Bytes payload, Message& message);
  bool seen(uint16_t index) const { return (seen_[index / 32] >> (index % 32) & 1u) != 0; }
  Bytes held(uint16_t index) const;

  MutableBytes buffer_;
  ReassemblyCounters counters_ = {};
  Header header_ = {};        // of the first chunk that came of the unfinished message
  size_t chunk_payload_ = 0;  // of every chunk but the last; 0 until one of those has come
  size_t last_payload_ = 0;   // of the last chunk; 0 until it has come
  uint32_t stale_streak_ = 0;
  uint16_t chunks_left_ = 0;
  bool active_ = false;
  uint32_t seen_[kMaxChunks / 32] = {};
};

}  // namespace cutpoint

#endif  // CUTPOINT_FRAME_REASSEMBLER_H_
