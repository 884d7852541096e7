// Which network bytes belong to.
#ifndef CUTPOINT_MODEL_ID_H_
#define CUTPOINT_MODEL_ID_H_

#include <stddef.h>
#include <stdint.h>

namespace cutpoint {

constexpr size_t kModelIdBytes = 4;

// The first bytes of the SHA-256 of the whole .tflite.
struct ModelId {
  uint8_t bytes[kModelIdBytes];
};

inline bool operator==(const ModelId& a, const ModelId& b) {
  return a.bytes[0] == b.bytes[0] && a.bytes[1] == b.bytes[1] && a.bytes[2] == b.bytes[2] &&
         a.bytes[3] == b.bytes[3];
}
inline bool operator!=(const ModelId& a, const ModelId& b) { return !(a == b); }

}  // namespace cutpoint

#endif  // CUTPOINT_MODEL_ID_H_
