// Memory of the heap for an engine: what is free, and one block of it.
#ifndef CUTPOINT_ESP32_ENGINE_ENGINE_MEMORY_H_
#define CUTPOINT_ESP32_ENGINE_ENGINE_MEMORY_H_

#include <stddef.h>

#include "core/span.h"
#include "device/arena/choice.h"

namespace cutpoint::esp32 {

// Of the block's first byte: TFLM's arena wants 16, Stream's block 8, a cache line is 32.
constexpr size_t kBlockAlignment = 32;

device::FreeMemory free_memory();

// One owner. Gives the block back when it goes.
class EngineMemory {
 public:
  EngineMemory() = default;
  ~EngineMemory() { release(); }
  EngineMemory(const EngineMemory&) = delete;
  EngineMemory& operator=(const EngineMemory&) = delete;

  // In the place of the block before. False when the heap has none such, and for kNone.
  bool take(size_t bytes, device::ArenaPlace place);
  void release();

  // Empty and kNone without a block.
  MutableBytes get() const { return bytes_; }
  size_t size() const { return bytes_.size(); }
  device::ArenaPlace place() const { return place_; }
  const char* place_name() const { return place_ == device::ArenaPlace::kInternal ? "internal" : "external"; }

 private:
  MutableBytes bytes_;
  device::ArenaPlace place_ = device::ArenaPlace::kNone;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_ENGINE_ENGINE_MEMORY_H_
