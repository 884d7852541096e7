#include "loaded_model.h"

#include "esp_heap_caps.h"
#include "esp_log.h"
#include "esp_timer.h"

namespace cutpoint::esp32 {
namespace {

constexpr char kTag[] = "engine";
constexpr uint32_t kInternal = MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT;
constexpr uint32_t kExternal = MALLOC_CAP_SPIRAM | MALLOC_CAP_8BIT;

// Activations are planned without their memory, so this is enough for most models, whatever their arena.
constexpr size_t kFirstScratchBytes = 24 * 1024;

uint64_t now_us() { return static_cast<uint64_t>(esp_timer_get_time()); }

device::FreeMemory free_memory() {
  return {heap_caps_get_largest_free_block(kInternal), heap_caps_get_free_size(kInternal),
          heap_caps_get_largest_free_block(kExternal)};
}

}  // namespace

bool LoadedModel::load(const MappedModel& model, device::Sentence& why) {
  unload();
  tflm::LoadResult result = measure(model);
  engine_.unload();
  release();
  if (!result.ok() && result.error != tflm::LoadError::kArena) {
    why = device::Sentence(result.text);
    return false;
  }
  const device::FreeMemory memory = free_memory();
  const device::ArenaPlace place =
      result.needed_is_exact ? device::choose_arena(result.needed_bytes, memory) : device::ArenaPlace::kNone;
  if (place == device::ArenaPlace::kNone || !take(result.needed_bytes, place)) {
    device::explain_no_arena(result.needed_bytes, result.needed_is_exact, memory, model.header, why);
    return false;
  }
  result = engine_.load(model.model, arena_, now_us);
  if (!result.ok()) {
    why = device::Sentence(result.text);
    unload();
    return false;
  }
  ESP_LOGI(kTag, "%s: operators 0 to %u, arena of %u bytes in %s RAM", model.header.name,
           static_cast<unsigned>(engine_.operators()), static_cast<unsigned>(arena_.size()),
           place_ == device::ArenaPlace::kInternal ? "internal" : "external");
  return true;
}

void LoadedModel::unload() {
  engine_.unload();
  release();
}

tflm::LoadResult LoadedModel::measure(const MappedModel& model) {
  tflm::LoadResult result;
  size_t scratch = kFirstScratchBytes;
  for (;;) {
    const device::FreeMemory memory = free_memory();
    const size_t internal = device::largest_internal_arena(memory);
    const size_t external = device::largest_external_arena(memory);
    const size_t most = internal > external ? internal : external;
    scratch = scratch < most ? scratch : most;
    const device::ArenaPlace place = device::choose_arena(scratch, memory);
    if (place == device::ArenaPlace::kNone || scratch == 0 || !take(scratch, place)) {
      result.error = tflm::LoadError::kArena;
      result.needed_bytes = result.needed_bytes > scratch ? result.needed_bytes : scratch + 1;
      return result;
    }
    result = engine_.load(model.model, arena_, now_us);
    if (result.error != tflm::LoadError::kArena || result.needed_is_exact || scratch == most) {
      return result;
    }
    engine_.unload();
    release();
    scratch = 2 * scratch > result.needed_bytes ? 2 * scratch : result.needed_bytes;
  }
}

bool LoadedModel::take(size_t bytes, device::ArenaPlace place) {
  const uint32_t caps = place == device::ArenaPlace::kInternal ? kInternal : kExternal;
  void* const memory = heap_caps_aligned_alloc(tflm::kArenaAlignment, bytes, caps);
  if (memory == nullptr) {
    return false;
  }
  arena_ = MutableBytes(static_cast<uint8_t*>(memory), bytes);
  place_ = place;
  return true;
}

void LoadedModel::release() {
  if (arena_.data() != nullptr) {
    heap_caps_free(arena_.data());
  }
  arena_ = MutableBytes();
  place_ = device::ArenaPlace::kNone;
}

}  // namespace cutpoint::esp32
