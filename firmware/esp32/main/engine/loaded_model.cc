#include "loaded_model.h"

#include "esp_log.h"
#include "esp_timer.h"
#include "sdkconfig.h"

namespace cutpoint::esp32 {
namespace {

constexpr char kTag[] = "engine";
static_assert(kBlockAlignment % tflm::kArenaAlignment == 0, "an arena begins where TFLM wants it");

// Activations are planned without their memory, so this is enough for most models, whatever their arena.
constexpr size_t kFirstScratchBytes = 24 * 1024;

uint64_t now_us() { return static_cast<uint64_t>(esp_timer_get_time()); }

}  // namespace

bool LoadedModel::load(const MappedModel& model, device::Sentence& why) {
  unload();
  tflm::LoadResult result = measure(model);
  unload();
  if (!result.ok() && result.error != tflm::LoadError::kArena) {
    why = device::Sentence(result.text);
    return false;
  }
  const device::FreeMemory memory = free_memory();
  const device::ArenaPlace place =
      result.needed_is_exact ? device::choose_arena(result.needed_bytes, memory) : device::ArenaPlace::kNone;
  if (!arena_.take(result.needed_bytes, place)) {
    device::explain_no_arena(result.needed_bytes, result.needed_is_exact, memory, model.header, why);
    return false;
  }
  result = engine_.load(model.model, arena_.get(), now_us);
  if (!result.ok()) {
    why = device::Sentence(result.text);
    unload();
    return false;
  }
  ESP_LOGI(kTag, "%s: operators 0 to %u by TFLM, arena of %u bytes in %s RAM", model.header.name,
           static_cast<unsigned>(engine_.operators()), static_cast<unsigned>(arena_.size()), arena_.place_name());
  return true;
}

void LoadedModel::unload() {
  engine_.unload();
  arena_.release();
}

const char* LoadedModel::name() const {
#if CONFIG_CUTPOINT_REFERENCE_KERNELS
  return "tflm-reference";
#else
  return "tflm";
#endif
}

size_t LoadedModel::input_bytes() {
  size_t bytes = 0;
  for (size_t i = 0; i < engine_.inputs(); ++i) {
    bytes += engine_.input(i).size();
  }
  return bytes;
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
    if (scratch == 0 || !arena_.take(scratch, device::choose_arena(scratch, memory))) {
      result.error = tflm::LoadError::kArena;
      result.needed_bytes = result.needed_bytes > scratch ? result.needed_bytes : scratch + 1;
      return result;
    }
    result = engine_.load(model.model, arena_.get(), now_us);
    if (result.error != tflm::LoadError::kArena || result.needed_is_exact || scratch == most) {
      return result;
    }
    unload();
    scratch = 2 * scratch > result.needed_bytes ? 2 * scratch : result.needed_bytes;
  }
}

}  // namespace cutpoint::esp32
