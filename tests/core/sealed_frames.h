// Frames to seal, and sealed ones, for the tests of cipher/.
#ifndef CUTPOINT_TESTS_SEALED_FRAMES_H_
#define CUTPOINT_TESTS_SEALED_FRAMES_H_

#include <string>

#include "aes_gcm.h"
#include "bytes.h"
#include "check.h"
#include "cipher/sealing.h"
#include "crc32.h"
#include "vector_lines.h"

namespace vectors {

using namespace cutpoint;

inline const Buffer kKey(kKeyBytes, 0x5A);
constexpr Life kLife = {7, 0x112233};

inline Buffer plain_frame(size_t payload_bytes, uint32_t sequence = 1, Kind kind = Kind::kActivation, uint32_t boot = 7) {
  Buffer frame(kHeaderBytes + payload_bytes);
  for (size_t i = kHeaderBytes; i < frame.size(); ++i) {
    frame[i] = static_cast<uint8_t>(i * 13 + sequence);
  }
  Header header = {};
  header.kind = kind;
  header.boot = boot;
  header.sequence = sequence;
  header.chunk_count = 1;
  header.payload_bytes = static_cast<uint32_t>(payload_bytes);
  CHECK_EQ(seal_frame(header, MutableBytes(frame.data(), frame.size())), Status::kOk);
  return frame;
}

inline Bytes bytes(const Buffer& frame) { return Bytes(frame.data(), frame.size()); }
inline MutableBytes writable(Buffer& frame) { return MutableBytes(frame.data(), frame.size()); }

inline Buffer sealed(FrameSealer& sealer, const Buffer& plain) {
  Buffer to(plain.size() + kSealBytes);
  size_t size = 0;
  CHECK_EQ(sealer.seal(bytes(plain), writable(to), size), Status::kOk);
  CHECK_EQ(size, to.size());
  return to;
}

// "ok" and the plain frame in hex, or the reason.
inline std::string outcome_of(FrameOpener& opener, Buffer frame) {
  size_t size = 0;
  const Status status = opener.open(writable(frame), size);
  return status == Status::kOk ? hex_of(Bytes(frame.data(), size)) : reason_of(status);
}

inline Status status_of(FrameOpener& opener, Buffer frame) {
  size_t size = 0;
  return opener.open(writable(frame), size);
}

inline void mend(Buffer& frame) {
  store_u32(&frame[28], 0);
  store_u32(&frame[28], crc32(0, bytes(frame)));
}

}  // namespace vectors

#endif  // CUTPOINT_TESTS_SEALED_FRAMES_H_
