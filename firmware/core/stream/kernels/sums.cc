#include "sums.h"

namespace cutpoint::stream {

void BlockSums::store_block(uint32_t a, uint32_t b, uint32_t c, uint32_t d, const Channel* channels,
                            const Requantiser& requantise, int8_t* to, uint32_t count) {
  // A copy: for all that the compiler knows, the bytes that are written are its fields.
  const Requantiser own = requantise;
  int8_t last[kBlock];
  int8_t* made = count < kBlock ? last : to;
  made[0] = own(a, channels[0]);
  made[1] = own(b, channels[1]);
  made[2] = own(c, channels[2]);
  made[3] = own(d, channels[3]);
  if (made != to) {
    to[0] = last[0];
    for (uint32_t i = 1; i < count; ++i) {
      to[i] = last[i];
    }
  }
}

}  // namespace cutpoint::stream
