// A model in TFLM's engine, over an arena of exactly the size that the model takes.
#ifndef CUTPOINT_ESP32_ENGINE_LOADED_MODEL_H_
#define CUTPOINT_ESP32_ENGINE_LOADED_MODEL_H_

#include <stddef.h>
#include <stdint.h>

#include "engine_memory.h"
#include "model_runner.h"
#include "tflm/engine.h"

namespace cutpoint::esp32 {

// One owner, the device's task. The arena is the only memory that it takes from the heap, once for every model.
class LoadedModel final : public ModelRunner {
 public:
  LoadedModel() = default;
  ~LoadedModel() { unload(); }
  LoadedModel(const LoadedModel&) = delete;
  LoadedModel& operator=(const LoadedModel&) = delete;

  // Prepares the model twice: in scratch memory to learn what it takes, then in an arena of that size. The model stays
  // in flash.
  bool load(const MappedModel& model, device::Sentence& why) override;
  void unload() override;
  Engine& engine() override { return engine_; }
  const char* name() const override;
  size_t inputs() const override { return engine_.inputs(); }
  size_t input_bytes() override;
  bool fed() const override { return false; }
  size_t memory_bytes() const override { return arena_.size(); }

 private:
  // The result of preparing the model in scratch memory; what it needs is exact, or a lower bound when not even the
  // largest scratch memory was enough to learn it.
  tflm::LoadResult measure(const MappedModel& model);

  tflm::TflmEngine engine_;
  EngineMemory arena_;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_ENGINE_LOADED_MODEL_H_
