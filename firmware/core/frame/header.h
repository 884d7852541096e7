// The 32-byte header that every frame begins with, and the checks of a whole frame. See docs/protocol.md.
#ifndef CUTPOINT_FRAME_HEADER_H_
#define CUTPOINT_FRAME_HEADER_H_

#include <stddef.h>
#include <stdint.h>

#include "../codec/codec_id.h"
#include "../model_id.h"
#include "../span.h"
#include "../status.h"

namespace cutpoint {

constexpr size_t kHeaderBytes = 32;
constexpr uint8_t kProtocolVersion = 1;
constexpr uint16_t kMaxChunks = 1024;
constexpr size_t kDefaultChunkBytes = 4096;  // of a whole frame, header included

enum class Kind : uint8_t {
  kActivation = 1,
  kResult = 2,
  kPlan = 3,
  kTelemetry = 4,
  kCommand = 5,
};

// Bits of Header::flags.
constexpr uint8_t kFlagEncrypted = 0x01;
constexpr uint8_t kFlagHedged = 0x02;
constexpr uint8_t kFlagTimings = 0x04;
constexpr uint8_t kFlagAnswered = 0x08;
constexpr uint8_t kFlagProbe = 0x10;
constexpr uint8_t kFlagExploration = 0x20;
constexpr uint8_t kFlagPartial = 0x40;  // on results alone
constexpr uint8_t kFlagsReserved = 0x80;

struct Header {
  Kind kind;
  ModelId model;
  uint32_t boot;
  uint32_t sequence;  // 0 where there is none
  uint16_t cut;
  CodecId codec;
  uint8_t flags;
  uint16_t chunk_index;
  uint16_t chunk_count;
  uint32_t payload_bytes;  // of this chunk
};

// True when sequence (or boot, or epoch) `a` is newer than `b`: serial-number arithmetic, RFC 1982, 32 bits.
// Two numbers exactly half the circle apart are neither newer nor older.
inline bool serial_newer(uint32_t a, uint32_t b) {
  const uint32_t ahead = a - b;
  return ahead != 0 && ahead < 0x80000000u;
}

// Reads the header of a frame that may be damaged, to name device and inference in an answer or a log line.
// Only magic and version are checked; kind and codec may be values without a name.
Status peek_header(Bytes frame, Header& header);

// Checks a whole frame: size, magic, version, CRC, then kind, flags, chunk fields and codec. `payload` points into
// `frame`. In this order so that damage is called damage (kCrc) and only an intact frame is called wrong.
Status open_frame(Bytes frame, Header& header, Bytes& payload);

// Writes the header of the frame whose payload already stands at frame[kHeaderBytes...], CRC included.
// header.payload_bytes must equal frame.size() - kHeaderBytes.
Status seal_frame(const Header& header, MutableBytes frame);

}  // namespace cutpoint

#endif  // CUTPOINT_FRAME_HEADER_H_
