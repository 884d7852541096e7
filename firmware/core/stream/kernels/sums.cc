#include "sums.h"

namespace cutpoint::stream {

void BlockSums::store_last(uint32_t a, uint32_t b, uint32_t c, const Channel* channels, const Requantiser& requantise,
                           int8_t* to, uint32_t left) {
  to[0] = requantise(a, channels[0]);
  if (left > 1) {
    to[1] = requantise(b, channels[1]);
  }
  if (left > 2) {
    to[2] = requantise(c, channels[2]);
  }
}

}  // namespace cutpoint::stream
