// A model's plan in the Stream engine: read where it lies in flash, over a block of lines and the memory of its inputs.
#ifndef CUTPOINT_ESP32_ENGINE_LOADED_PLAN_H_
#define CUTPOINT_ESP32_ENGINE_LOADED_PLAN_H_

#include <stddef.h>
#include <stdint.h>

#include "core/clock.h"
#include "core/stream/engine.h"
#include "engine_memory.h"
#include "model_runner.h"

namespace cutpoint::esp32 {

// One owner, the device's task. Block and inputs are the only memory that it takes from the heap, once for every model.
class LoadedPlan final : public ModelRunner, private Clock {
 public:
  // source: gives the lines of the first input where memory is too dear to hold it whole; must outlive this.
  explicit LoadedPlan(LineSource& source) : source_(source) {}
  ~LoadedPlan() { unload(); }
  LoadedPlan(const LoadedPlan&) = delete;
  LoadedPlan& operator=(const LoadedPlan&) = delete;

  bool load(const MappedModel& model, device::Sentence& why) override;
  // Whether the last load() failed for the plan itself, which is none or not for this firmware, and not for want of RAM.
  bool plan_refused() const { return plan_refused_; }
  void unload() override;
  Engine& engine() override { return engine_; }
  const char* name() const override { return "stream"; }
  size_t inputs() const override { return engine_.operators() == 0 ? 0 : plan_.header().inputs; }
  size_t input_bytes() override;
  bool fed() const override { return fed_; }
  size_t memory_bytes() const override { return block_.size() + picture_.size(); }

 private:
  bool read(const MappedModel& model, device::Sentence& why);
  bool can_feed() const { return plan_.header().inputs == 1; }  // whoever feeds has one picture
  // Bytes of the piece that there is no room for, 0 when there is for both.
  size_t take_memory(bool feed);
  uint64_t now_us() override;

  LineSource& source_;
  stream::StreamEngine engine_;
  stream::Plan plan_;
  EngineMemory picture_;
  EngineMemory block_;
  bool fed_ = false;
  bool plan_refused_ = false;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_ENGINE_LOADED_PLAN_H_
