#include "sealed_frame.h"

#include "../bytes.h"
#include "../crc32.h"

namespace cutpoint {
namespace {

constexpr size_t kFlagsOffset = 19;
constexpr size_t kPayloadBytesOffset = 24;
constexpr size_t kCrcOffset = 28;
constexpr size_t kTextOffset = kHeaderBytes + kNonceBytes;

// Sets what differs between a plain and a sealed header, and leaves the checksum zero: as such the 32 bytes are what
// the tag covers besides the text. The checksum is not covered because it covers the tag.
void rewrite(MutableBytes frame, bool sealed, size_t payload_bytes) {
  const uint8_t flags = frame[kFlagsOffset];
  frame[kFlagsOffset] = static_cast<uint8_t>(sealed ? flags | kFlagEncrypted : flags & ~kFlagEncrypted);
  store_u32(frame.data() + kPayloadBytesOffset, static_cast<uint32_t>(payload_bytes));
  store_u32(frame.data() + kCrcOffset, 0);
}

void checksum(MutableBytes frame) { store_u32(frame.data() + kCrcOffset, crc32(0, frame)); }

}  // namespace

Status encrypt_frame(Cipher& cipher, const Nonce& nonce, Bytes frame, MutableBytes to, size_t& bytes) {
  Header header = {};
  Bytes payload;
  CUTPOINT_TRY(open_frame(frame, header, payload));
  if ((header.flags & kFlagEncrypted) != 0) {
    return Status::kFlags;
  }
  const size_t text_bytes = payload.size();
  if (text_bytes > UINT32_MAX - kSealBytes) {
    return Status::kOversized;
  }
  if (to.size() < frame.size() + kSealBytes) {
    return Status::kBufferTooSmall;
  }
  // The payload first: `frame` may be the front of `to`.
  move_bytes(to.data() + kTextOffset, payload.data(), text_bytes);
  move_bytes(to.data(), frame.data(), kHeaderBytes);
  const MutableBytes sealed = to.first(kHeaderBytes + text_bytes + kSealBytes);
  rewrite(sealed, true, text_bytes + kSealBytes);
  uint8_t nonce_bytes[kNonceBytes];
  write_nonce(nonce, nonce_bytes);
  copy_bytes(sealed.data() + kHeaderBytes, nonce_bytes, kNonceBytes);
  uint8_t tag[kTagBytes] = {};
  if (!cipher.seal(nonce_bytes, sealed.first(kHeaderBytes), sealed.slice(kTextOffset, text_bytes), tag)) {
    return Status::kCipher;
  }
  copy_bytes(sealed.data() + kTextOffset + text_bytes, tag, kTagBytes);
  checksum(sealed);
  bytes = sealed.size();
  return Status::kOk;
}

Status peek_nonce(Bytes frame, Header& header, Nonce& nonce) {
  Bytes payload;
  CUTPOINT_TRY(open_frame(frame, header, payload));
  if ((header.flags & kFlagEncrypted) == 0) {
    return Status::kPlain;
  }
  if (payload.size() < kSealBytes) {
    return Status::kTruncated;
  }
  if (header.chunk_count > 1 && payload.size() == kSealBytes) {
    return Status::kChunk;  // of several chunks, every one has at least one byte
  }
  nonce = read_nonce(payload.data());
  return Status::kOk;
}

Status decrypt_frame(Cipher& cipher, MutableBytes frame, size_t& plain_bytes) {
  Header header = {};
  Nonce nonce = {};
  CUTPOINT_TRY(peek_nonce(frame, header, nonce));
  const size_t text_bytes = frame.size() - kHeaderBytes - kSealBytes;
  const MutableBytes text = frame.slice(kTextOffset, text_bytes);
  uint8_t nonce_bytes[kNonceBytes];
  copy_bytes(nonce_bytes, frame.data() + kHeaderBytes, kNonceBytes);
  uint8_t tag[kTagBytes];
  copy_bytes(tag, text.end(), kTagBytes);
  store_u32(frame.data() + kCrcOffset, 0);
  if (!cipher.open(nonce_bytes, frame.first(kHeaderBytes), text, tag)) {
    return Status::kForged;
  }
  const MutableBytes plain = frame.first(kHeaderBytes + text_bytes);
  move_bytes(plain.data() + kHeaderBytes, text.data(), text_bytes);
  rewrite(plain, false, text_bytes);
  checksum(plain);
  plain_bytes = plain.size();
  return Status::kOk;
}

}  // namespace cutpoint
