// A frame of docs/protocol.md into its sealed form and back: flag 0x01 set, payload = nonce | ciphertext | tag.
#ifndef CUTPOINT_CIPHER_SEALED_FRAME_H_
#define CUTPOINT_CIPHER_SEALED_FRAME_H_

#include <stddef.h>
#include <stdint.h>

#include "../frame/header.h"
#include "../span.h"
#include "../status.h"
#include "cipher.h"
#include "nonce.h"

namespace cutpoint {

// Writes the sealed form of the plain `frame` to the front of `to`; `bytes` is its size, frame.size() + kSealBytes.
// `to` may begin where `frame` begins (in place) or lie apart from it, nothing else. A nonce must never be used twice
// with one key: FrameSealer sees to that. Whatever is wrong with the frame as in open_frame; kFlags when it is sealed
// already, kBufferTooSmall, kCipher when the cipher failed.
Status encrypt_frame(Cipher& cipher, const Nonce& nonce, Bytes frame, MutableBytes to, size_t& bytes);

// Checks a sealed frame as open_frame does, and reads header and nonce, neither to be trusted before decrypt_frame.
// kPlain for a frame that is not sealed, kTruncated for one without room for nonce and tag, kChunk for an empty one of
// several chunks.
Status peek_nonce(Bytes frame, Header& header, Nonce& nonce);

// Turns a sealed frame into the plain one, in place: `frame.first(plain_bytes)` then is what was sealed, checksum
// included. Says nothing of replays: that is FrameOpener. The reasons of peek_nonce, and kForged when the frame was
// not sealed with this key or has been changed; the frame is spoilt then.
Status decrypt_frame(Cipher& cipher, MutableBytes frame, size_t& plain_bytes);

}  // namespace cutpoint

#endif  // CUTPOINT_CIPHER_SEALED_FRAME_H_
