// The JSON of the state topic. Devices write JSON and never parse it.
#ifndef CUTPOINT_SESSION_ANNOUNCEMENT_H_
#define CUTPOINT_SESSION_ANNOUNCEMENT_H_

#include <stddef.h>
#include <stdint.h>

#include "../span.h"

namespace cutpoint {

enum class Presence : uint8_t {
  kOnline,
  kSleeping,  // went by itself
  kLost,      // the last will
};

// {"state": "sleeping", "boot": 4294967295} and a little room.
constexpr size_t kStateTextBytes = 48;

// Writes the text to `to`, without a terminating zero; the result is the part used.
Bytes state_text(Presence presence, uint32_t boot, uint8_t (&to)[kStateTextBytes]);

}  // namespace cutpoint

#endif  // CUTPOINT_SESSION_ANNOUNCEMENT_H_
