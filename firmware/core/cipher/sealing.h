// Both ends of a sealed conversation: FrameSealer for what goes out, FrameOpener for what comes in. A device needs
//
//   FrameSealer sealer(cipher, Role::kDevice, {boot, random_24_bits});
//   SealedTransport transport(mqtt, sealer, chunk_buffer);  // given to the Driver in place of mqtt
//   FrameOpener opener(cipher, Role::kDevice);
//
//   size_t bytes = 0;                                       // for every frame on res, plan and cmd:
//   const Status status = opener.open(frame, bytes);
//   if (status == Status::kOk) {
//     driver.received(frame.first(bytes));
//   } else if (status != Status::kReplayed) {               // brokers repeat retained plans at every connection
//     driver.received(Bytes());                             // empty: the session counts a bad frame
//   }
//
// and a session whose chunk_bytes are kSealBytes less than what the transport takes. When transport.sealing() says
// kExhausted the device has to restart, for the next boot number.
#ifndef CUTPOINT_CIPHER_SEALING_H_
#define CUTPOINT_CIPHER_SEALING_H_

#include <stddef.h>
#include <stdint.h>

#include "../span.h"
#include "../status.h"
#include "../transport/transport.h"
#include "cipher.h"
#include "nonce.h"
#include "replay_window.h"
#include "sealed_frame.h"

namespace cutpoint {

// One life of one role. One owner.
class FrameSealer {
 public:
  // `cipher` must outlive the sealer. A second sealer of the same role and life under the same key breaks the cipher.
  FrameSealer(Cipher& cipher, Role role, const Life& life, uint32_t sealed = 0)
      : cipher_(cipher), role_(role), life_{life.boot, life.salt & 0xFFFFFFu}, sealed_(sealed) {}

  // As encrypt_frame, with the next nonce. kExhausted after 4,294,967,295 frames, for good: begin a new life.
  Status seal(Bytes frame, MutableBytes to, size_t& bytes);
  uint32_t sealed() const { return sealed_; }
  const Life& life() const { return life_; }

 private:
  Cipher& cipher_;
  Role role_;
  Life life_;
  uint32_t sealed_;  // the counter used last
};

struct OpenCounters {
  uint32_t opened;
  uint32_t plain;     // not sealed
  uint32_t damaged;   // no whole frame of this protocol
  uint32_t forged;    // changed, or sealed with another key
  uint32_t replayed;  // opened before, or too old to tell
  uint32_t old_life;  // of an earlier life of its sealer
  uint32_t role;      // not from the other end: a frame of our own that was reflected
  uint32_t any_life;  // a command that does not name the boot that it is for
};

// Opens what the other end sealed, each frame once. One owner.
class FrameOpener {
 public:
  // own: kDevice opens what kEdge and kTool seal, the others what kDevice seals.
  FrameOpener(Cipher& cipher, Role own) : cipher_(cipher), own_(own) {}

  // `frame.first(plain_bytes)` is the plain frame. Everything but kOk is a frame to drop, and is counted.
  // Besides the reasons of decrypt_frame: kRole, kReplayed, kOldLife, and, for a device, kAnyLife for a command whose
  // header names no boot: sealed once, it could be played to every later life of the device.
  Status open(MutableBytes frame, size_t& plain_bytes);
  const OpenCounters& counters() const { return counters_; }

  // Of frames in a role that this end opens; null for others.
  ReplayWindow* window(Role sealer);

 private:
  Status judge(MutableBytes frame, size_t& plain_bytes);
  void count(Status status);

  Cipher& cipher_;
  Role own_;
  ReplayWindow windows_[2];  // kDevice: of kEdge and kTool; others: of kDevice in the first
  OpenCounters counters_ = {};
};

// Seals frames on their way to `next`; state and about, and every other JSON text, pass as they are.
class SealedTransport final : public Transport {
 public:
  // All must outlive this. buffer: the session's chunk_bytes + kSealBytes. It may be the very buffer that was lent to
  // the session as SessionBuffers::chunk: a frame is then sealed in place and no second buffer is needed.
  SealedTransport(Transport& next, FrameSealer& sealer, MutableBytes buffer)
      : next_(next), sealer_(sealer), buffer_(buffer) {}

  // False, besides what `next` says, when the frame cannot be sealed: `sealing` says why.
  bool publish(Leaf leaf, Bytes payload, uint8_t qos, bool retain) override;
  Status sealing() const { return sealing_; }

 private:
  Transport& next_;
  FrameSealer& sealer_;
  MutableBytes buffer_;
  Status sealing_ = Status::kOk;
};

}  // namespace cutpoint

#endif  // CUTPOINT_CIPHER_SEALING_H_
