#include "engine_memory.h"

#include <stdint.h>

#include "esp_heap_caps.h"

namespace cutpoint::esp32 {
namespace {

constexpr uint32_t kInternal = MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT;
constexpr uint32_t kExternal = MALLOC_CAP_SPIRAM | MALLOC_CAP_8BIT;

}  // namespace

device::FreeMemory free_memory() {
  return {heap_caps_get_largest_free_block(kInternal), heap_caps_get_free_size(kInternal),
          heap_caps_get_largest_free_block(kExternal)};
}

bool EngineMemory::take(size_t bytes, device::ArenaPlace place) {
  release();
  if (place == device::ArenaPlace::kNone) {
    return false;
  }
  void* const memory =
      heap_caps_aligned_alloc(kBlockAlignment, bytes, place == device::ArenaPlace::kInternal ? kInternal : kExternal);
  if (memory == nullptr) {
    return false;
  }
  bytes_ = MutableBytes(static_cast<uint8_t*>(memory), bytes);
  place_ = place;
  return true;
}

void EngineMemory::release() {
  if (bytes_.data() != nullptr) {
    heap_caps_free(bytes_.data());
  }
  bytes_ = MutableBytes();
  place_ = device::ArenaPlace::kNone;
}

}  // namespace cutpoint::esp32
