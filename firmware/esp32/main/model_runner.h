// What the device's task needs of an engine besides the core's port: to be given models.
#ifndef CUTPOINT_ESP32_MODEL_RUNNER_H_
#define CUTPOINT_ESP32_MODEL_RUNNER_H_

#include <stddef.h>
#include <stdint.h>

#include "core/engine/engine.h"
#include "device/sentence.h"
#include "storage/model_slots.h"

namespace cutpoint::esp32 {

// All calls come from the device's task.
class ModelRunner {
 public:
  // Takes the place of the model before, which is gone even when this one is refused; false with the sentence then.
  virtual bool load(const MappedModel& model, device::Sentence& why) = 0;
  virtual void unload() = 0;
  // Without a model it has no operators. Another one may be there after the next load().
  virtual Engine& engine() = 0;
  // As `about` tells it: "stream", "tflm", "tflm-reference".
  virtual const char* name() const = 0;
  virtual size_t inputs() const = 0;
  // Of all inputs, each whole; 0 without a model.
  virtual size_t input_bytes() = 0;
  // Whether the engine holds no input whole, but asks for its lines; engine().input() is not to be written then.
  virtual bool fed() const = 0;
  // RAM of the model in use, its inputs included; 0 without one.
  virtual size_t memory_bytes() const = 0;

 protected:
  ~ModelRunner() = default;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_MODEL_RUNNER_H_
