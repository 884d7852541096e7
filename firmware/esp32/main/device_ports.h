// What the device's task needs of the board: an engine to load a model into, pictures, figures.
#ifndef CUTPOINT_ESP32_DEVICE_PORTS_H_
#define CUTPOINT_ESP32_DEVICE_PORTS_H_

#include <stddef.h>
#include <stdint.h>

#include "core/engine/engine.h"
#include "core/frame/telemetry.h"
#include "device/sentence.h"
#include "storage/model_slots.h"

namespace cutpoint::esp32 {

// All calls come from the device's task.
class ModelRunner {
 public:
  // Takes the place of the model before, which is gone even when this one is refused; false with the sentence then.
  virtual bool load(const MappedModel& model, device::Sentence& why) = 0;
  virtual void unload() = 0;
  // Without a model it has no operators.
  virtual Engine& engine() = 0;
  virtual size_t inputs() const = 0;

 protected:
  ~ModelRunner() = default;
};

class PictureSource {
 public:
  // Puts the next picture into the engine's inputs. False when there is none now. Called while no inference is under
  // way, at most once a period.
  virtual bool next(Engine& engine, size_t inputs) = 0;
  // While the edge is waited for: a chance to take the next picture without touching the engine.
  virtual void look_ahead() = 0;
  // Pictures come when somebody sends them, rather than by the period.
  virtual bool on_demand() const = 0;

 protected:
  ~PictureSource() = default;
};

class Measures {
 public:
  // What the board can measure; what it cannot is left out.
  virtual void fill(Gauges& gauges) = 0;
  // "measured" or "modelled"; null when neither.
  virtual const char* energy() = 0;

 protected:
  ~Measures() = default;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_DEVICE_PORTS_H_
