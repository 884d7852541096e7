// The port to an authenticated cipher: AES-256-GCM with a key that the implementation holds.
#ifndef CUTPOINT_CIPHER_CIPHER_H_
#define CUTPOINT_CIPHER_CIPHER_H_

#include <stddef.h>
#include <stdint.h>

#include "../span.h"

namespace cutpoint {

constexpr size_t kKeyBytes = 32;
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
// What sealing adds to a frame: the nonce before the ciphertext and the tag behind it.
constexpr size_t kSealBytes = kNonceBytes + kTagBytes;

// Works in place: `text` (possibly empty) is turned into the other text of the same size. `aad` is authenticated and
// not encrypted; it never overlaps `text`. Neither call may keep what it is handed.
class Cipher {
 public:
  // False when the cipher itself failed; the content of `text` and `tag` means nothing then.
  virtual bool seal(const uint8_t (&nonce)[kNonceBytes], Bytes aad, MutableBytes text, uint8_t (&tag)[kTagBytes]) = 0;
  // False when the tag does not match (in constant time); what `text` holds then must not be used.
  virtual bool open(const uint8_t (&nonce)[kNonceBytes], Bytes aad, MutableBytes text,
                    const uint8_t (&tag)[kTagBytes]) = 0;

 protected:
  ~Cipher() = default;
};

}  // namespace cutpoint

#endif  // CUTPOINT_CIPHER_CIPHER_H_
