#include "header.h"

#include "../bytes.h"
#include "../crc32.h"

namespace cutpoint {
namespace {

constexpr uint8_t kMagic[2] = {'C', 'P'};
constexpr size_t kCrcOffset = 28;

bool known_kind(uint8_t kind) {
  return kind >= static_cast<uint8_t>(Kind::kActivation) && kind <= static_cast<uint8_t>(Kind::kCommand);
}

// The CRC of a frame whose CRC field counts as zero.
uint32_t crc_of_frame(Bytes frame) {
  constexpr uint8_t kZeros[4] = {};
  const uint32_t head = crc32(crc32(0, frame.first(kCrcOffset)), Bytes(kZeros));
  return crc32(head, frame.from(kHeaderBytes));
}

// Of an intact header: what version 1 allows.
Status check_fields(const Header& header) {
  if (!known_kind(static_cast<uint8_t>(header.kind))) {
    return Status::kKind;
  }
  if ((header.flags & kFlagsReserved) != 0) {
    return Status::kFlags;
  }
  if (header.kind != Kind::kResult && (header.flags & kFlagPartial) != 0) {
    return Status::kFlags;
  }
  if (header.kind == Kind::kActivation && (header.flags & kFlagProbe) != 0 &&
      (header.flags & kFlagAnswered) == 0) {
    return Status::kFlags;
  }
  if (header.chunk_count == 0 || header.chunk_count > kMaxChunks || header.chunk_index >= header.chunk_count) {
    return Status::kChunk;
  }
  if (header.chunk_count > 1 && header.payload_bytes == 0) {
    return Status::kChunk;
  }
  if (!known_codec(static_cast<uint8_t>(header.codec))) {
    return Status::kCodec;
  }
  return Status::kOk;
}

}  // namespace

Status peek_header(Bytes frame, Header& header) {
  if (frame.size() < kHeaderBytes) {
    return Status::kTruncated;
  }
  const uint8_t* at = frame.data();
  if (at[0] != kMagic[0] || at[1] != kMagic[1]) {
    return Status::kMagic;
  }
  if (at[2] != kProtocolVersion) {
    return Status::kVersion;
  }
  header.kind = static_cast<Kind>(at[3]);
  copy_bytes(header.model.bytes, at + 4, kModelIdBytes);
  header.boot = load_u32(at + 8);
  header.sequence = load_u32(at + 12);
  header.cut = load_u16(at + 16);
  header.codec = static_cast<CodecId>(at[18]);
  header.flags = at[19];
  header.chunk_index = load_u16(at + 20);
  header.chunk_count = load_u16(at + 22);
  header.payload_bytes = load_u32(at + 24);
  return Status::kOk;
}

Status open_frame(Bytes frame, Header& header, Bytes& payload) {
  CUTPOINT_TRY(peek_header(frame, header));
  const size_t present = frame.size() - kHeaderBytes;
  if (present < header.payload_bytes) {
    return Status::kTruncated;
  }
  if (present > header.payload_bytes) {
    return Status::kLength;
  }
  if (crc_of_frame(frame) != load_u32(frame.data() + kCrcOffset)) {
    return Status::kCrc;
  }
  CUTPOINT_TRY(check_fields(header));
  payload = frame.from(kHeaderBytes);
  return Status::kOk;
}

Status seal_frame(const Header& header, MutableBytes frame) {
  if (frame.size() < kHeaderBytes || frame.size() - kHeaderBytes != header.payload_bytes) {
    return Status::kArgument;
  }
  CUTPOINT_TRY(check_fields(header));
  uint8_t* at = frame.data();
  at[0] = kMagic[0];
  at[1] = kMagic[1];
  at[2] = kProtocolVersion;
  at[3] = static_cast<uint8_t>(header.kind);
  copy_bytes(at + 4, header.model.bytes, kModelIdBytes);
  store_u32(at + 8, header.boot);
  store_u32(at + 12, header.sequence);
  store_u16(at + 16, header.cut);
  at[18] = static_cast<uint8_t>(header.codec);
  at[19] = header.flags;
  store_u16(at + 20, header.chunk_index);
  store_u16(at + 22, header.chunk_count);
  store_u32(at + 24, header.payload_bytes);
  store_u32(at + kCrcOffset, 0);
  store_u32(at + kCrcOffset, crc_of_frame(frame));
  return Status::kOk;
}

}  // namespace cutpoint
