// The engine in use, with what its operators took, the watchdog fed between lines, and its input as the camera coded it.
#ifndef CUTPOINT_ESP32_WATCHED_ENGINE_H_
#define CUTPOINT_ESP32_WATCHED_ENGINE_H_

#include "board/input_source.h"
#include "core/engine/engine.h"
#include "core/engine/line_engine.h"
#include "model_runner.h"

namespace cutpoint::esp32 {

class WatchedEngine final : public Engine, public LineEngine {
 public:
  // Both must outlive this.
  WatchedEngine(ModelRunner& runner, const InputSource& input) : runner_(runner), input_(input) {}

  uint16_t operators() const override { return runner_.engine().operators(); }
  bool run(uint16_t first, uint16_t last, Span<uint32_t> operators_us) override;
  bool live(uint16_t cut, Span<TensorView> tensors, size_t& count) override;
  MutableBytes input(size_t index) override { return runner_.engine().input(index); }
  LineEngine* lines() override { return runner_.engine().lines() == nullptr ? nullptr : this; }

  // LineEngine, of an engine that works line by line.
  bool begin(uint16_t first, uint16_t last) override { return inner().begin(first, last); }
  Step advance() override;
  size_t ready(size_t place) const override { return inner().ready(place); }
  void operators_us(Span<uint32_t> us) const override { inner().operators_us(us); }
  bool can_cut(uint16_t cut) const override { return inner().can_cut(cut); }

  // Microseconds since the last call: of operators, and where the input is fed of making its lines.
  uint32_t take_spent_us() {
    const uint32_t spent = spent_us_;
    spent_us_ = 0;
    return spent;
  }

 private:
  LineEngine& inner() const { return *runner_.engine().lines(); }
  bool run_lines(uint16_t first, uint16_t last, Span<uint32_t> us);

  ModelRunner& runner_;
  const InputSource& input_;
  uint32_t spent_us_ = 0;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_WATCHED_ENGINE_H_
