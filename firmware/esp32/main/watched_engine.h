// An engine that adds up what its operators took, and knows its input as the camera coded it.
#ifndef CUTPOINT_ESP32_WATCHED_ENGINE_H_
#define CUTPOINT_ESP32_WATCHED_ENGINE_H_

#include "board/input_source.h"
#include "core/engine/engine.h"

namespace cutpoint::esp32 {

class WatchedEngine final : public Engine {
 public:
  // Both must outlive this.
  WatchedEngine(Engine& engine, const InputSource& input) : engine_(engine), input_(input) {}

  uint16_t operators() const override { return engine_.operators(); }
  bool run(uint16_t first, uint16_t last, Span<uint32_t> operators_us) override {
    const bool ok = engine_.run(first, last, operators_us);
    for (size_t i = 0; ok && i < operators_us.size(); ++i) {
      spent_us_ += operators_us[i];
    }
    return ok;
  }
  bool live(uint16_t cut, Span<TensorView> tensors, size_t& count) override {
    const bool ok = engine_.live(cut, tensors, count);
    if (ok && cut == 0 && count == 1) {
      tensors[0].jpeg = input_.jpeg();
    }
    return ok;
  }
  MutableBytes input(size_t index) override { return engine_.input(index); }

  // Microseconds since the last call.
  uint32_t take_spent_us() {
    const uint32_t spent = spent_us_;
    spent_us_ = 0;
    return spent;
  }

 private:
  Engine& engine_;
  const InputSource& input_;
  uint32_t spent_us_ = 0;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_WATCHED_ENGINE_H_
