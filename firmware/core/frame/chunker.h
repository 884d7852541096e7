// Cuts a message into frames. The payload is pulled straight into the frame buffer: no copy of the whole message.
#ifndef CUTPOINT_FRAME_CHUNKER_H_
#define CUTPOINT_FRAME_CHUNKER_H_

#include <stddef.h>
#include <stdint.h>

#include "../span.h"
#include "../status.h"
#include "header.h"

namespace cutpoint {

constexpr size_t kMinChunkBytes = kHeaderBytes + 32;  // smaller ones would be mostly header

// A payload that is produced front to back.
class PayloadSource {
 public:
  // Fills all of `to` with the next bytes. The chunker never asks for more than the stated total.
  virtual Status pull(MutableBytes to) = 0;

 protected:
  ~PayloadSource() = default;
};

// A payload that lies finished in memory.
class FlatPayload final : public PayloadSource {
 public:
  explicit FlatPayload(Bytes payload) : rest_(payload) {}
  Status pull(MutableBytes to) override;

 private:
  Bytes rest_;
};

class Chunker {
 public:
  // header: kind, model, boot, sequence, cut, codec and flags are taken; chunk fields and size are set here.
  // chunk_bytes: largest frame, header included, at least kMinChunkBytes.
  // kArgument when chunk_bytes is too small, kOversized when the payload needs more than kMaxChunks.
  Status begin(const Header& header, size_t payload_bytes, size_t chunk_bytes = kDefaultChunkBytes);

  bool done() const { return next_index_ == header_.chunk_count; }
  uint16_t chunk_count() const { return header_.chunk_count; }
  // Of all frames together, headers included.
  size_t message_bytes() const { return payload_bytes_ + header_.chunk_count * kHeaderBytes; }

  // Of the frame that comes next, header included; 0 after the last one.
  size_t next_bytes() const;

  // Where in the payload the next chunk ends; SIZE_MAX for the last one, and after it.
  size_t next_end() const {
    const bool last = static_cast<size_t>(next_index_) + 1 >= header_.chunk_count;
    return last ? SIZE_MAX : (static_cast<size_t>(next_index_) + 1) * chunk_payload_;
  }

  // Pulls and seals the next frame at the front of `buffer`; `frame` is the part used. kBufferTooSmall when `buffer`
  // holds less than the frame, kArgument after the last one.
  Status next(PayloadSource& source, MutableBytes buffer, Bytes& frame);

 private:
  Header header_ = {};
  size_t payload_bytes_ = 0;
  size_t chunk_payload_ = 0;
  uint16_t next_index_ = 0;
};

}  // namespace cutpoint

#endif  // CUTPOINT_FRAME_CHUNKER_H_
