#include "chosen_engine.h"

#include "device/arena/engine_choice.h"
#include "esp_log.h"

namespace cutpoint::esp32 {

#if CONFIG_CUTPOINT_ENGINE_TFLM

ChosenEngine::ChosenEngine(LineSource&) : chosen_(&tflm_) {}

bool ChosenEngine::load(const MappedModel& model, device::Sentence& why) { return tflm_.load(model, why); }

#elif CONFIG_CUTPOINT_ENGINE_STREAM

ChosenEngine::ChosenEngine(LineSource& source) : stream_(source), chosen_(&stream_) {}

bool ChosenEngine::load(const MappedModel& model, device::Sentence& why) { return stream_.load(model, why); }

#elif CONFIG_CUTPOINT_ENGINE_AUTO

ChosenEngine::ChosenEngine(LineSource& source) : stream_(source), chosen_(&tflm_) {}

bool ChosenEngine::load(const MappedModel& model, device::Sentence& why) {
  unload();
  if (device::choose_engine(model.header, free_memory()) == device::SlotEngine::kStream) {
    chosen_ = &stream_;
    const bool loaded = stream_.load(model, why);
    if (loaded || !stream_.plan_refused()) {
      return loaded;
    }
    ESP_LOGW("engine", "%s TFLM tries instead.", why.text());
  }
  chosen_ = &tflm_;
  return tflm_.load(model, why);
}

#else
#error "One of CONFIG_CUTPOINT_ENGINE_AUTO, _STREAM and _TFLM is set by main/Kconfig.projbuild."
#endif

}  // namespace cutpoint::esp32
