#include "flash_area.h"

namespace cutpoint::device {
namespace {

constexpr uint32_t kStepBytes = 256;  // read at once, on the stack

}  // namespace

bool hash_area(FlashArea& area, uint32_t begin, uint32_t end, Hash& hash, uint8_t (&digest)[kSha256Bytes]) {
  uint8_t step[kStepBytes];
  bool good = hash.reset();
  while (good && begin < end) {
    const uint32_t count = end - begin < kStepBytes ? end - begin : kStepBytes;
    good = area.read(begin, MutableBytes(step, count)) && hash.update(Bytes(step, count));
    begin += count;
  }
  return good && hash.finish(digest);
}

}  // namespace cutpoint::device
