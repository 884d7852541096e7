// The 12 bytes that make every sealed frame unique under its key: who sealed it, in which life, and which frame it was.
#ifndef CUTPOINT_CIPHER_NONCE_H_
#define CUTPOINT_CIPHER_NONCE_H_

#include <stddef.h>
#include <stdint.h>

#include "../bytes.h"
#include "cipher.h"

namespace cutpoint {

// Who sealed a frame. All holders of a key count by themselves, so no two may seal in the same role.
enum class Role : uint8_t {
  kDevice = 1,
  kEdge = 2,
  kTool = 3,  // a command line of the operator, which sends commands beside the server
};

// One life of a sealer, from its start to its end. Lives of a role are ordered by boot, then by salt.
//   kDevice: `boot` is the boot number, `salt` is random, drawn at boot from a true random source.
//   kEdge, kTool: `boot` is the UNIX time of the start in seconds, `salt` its fraction in 2^-24 s.
struct Life {
  uint32_t boot;
  uint32_t salt;  // 24 bits
};

inline bool operator==(const Life& a, const Life& b) { return a.boot == b.boot && a.salt == b.salt; }
inline bool operator!=(const Life& a, const Life& b) { return !(a == b); }
inline bool operator<(const Life& a, const Life& b) { return a.boot != b.boot ? a.boot < b.boot : a.salt < b.salt; }

struct Nonce {
  Role role;
  Life life;
  uint32_t counter;  // of the frames that this life has sealed, from 1
};

// u8 role, u24 salt, u32 boot, u32 counter, little-endian.
inline void write_nonce(const Nonce& nonce, uint8_t (&to)[kNonceBytes]) {
  store_u32(to, static_cast<uint32_t>(nonce.role) | (nonce.life.salt << 8));
  store_u32(to + 4, nonce.life.boot);
  store_u32(to + 8, nonce.counter);
}

// `role` may be a number without a name.
inline Nonce read_nonce(const uint8_t* from) {
  return Nonce{static_cast<Role>(from[0]), Life{load_u32(from + 4), load_u32(from) >> 8}, load_u32(from + 8)};
}

}  // namespace cutpoint

#endif  // CUTPOINT_CIPHER_NONCE_H_
