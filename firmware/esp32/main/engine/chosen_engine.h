// The engines of this firmware (main/Kconfig.projbuild), of which each model gets one (device/arena/engine_choice.h).
#ifndef CUTPOINT_ESP32_ENGINE_CHOSEN_ENGINE_H_
#define CUTPOINT_ESP32_ENGINE_CHOSEN_ENGINE_H_

#include <stddef.h>

#include "loaded_model.h"
#include "loaded_plan.h"
#include "model_runner.h"
#include "sdkconfig.h"

namespace cutpoint::esp32 {

// An engine that this firmware was not built for has no object here, and the linker leaves it out.
class ChosenEngine final : public ModelRunner {
 public:
  // source: as LoadedPlan.
  explicit ChosenEngine([[maybe_unused]] LineSource& source);
  ChosenEngine(const ChosenEngine&) = delete;
  ChosenEngine& operator=(const ChosenEngine&) = delete;

  // A plan that is refused is no reason to run nothing: where TFLM was built in as well, it then tries.
  bool load(const MappedModel& model, device::Sentence& why) override;
  void unload() override { chosen_->unload(); }
  Engine& engine() override { return chosen_->engine(); }
  const char* name() const override { return chosen_->name(); }
  size_t inputs() const override { return chosen_->inputs(); }
  size_t input_bytes() override { return chosen_->input_bytes(); }
  bool fed() const override { return chosen_->fed(); }
  size_t memory_bytes() const override { return chosen_->memory_bytes(); }

 private:
#if !CONFIG_CUTPOINT_ENGINE_STREAM
  LoadedModel tflm_;
#endif
#if !CONFIG_CUTPOINT_ENGINE_TFLM
  LoadedPlan stream_;
#endif
  ModelRunner* chosen_;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_ENGINE_CHOSEN_ENGINE_H_
