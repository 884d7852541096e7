// The engine of a board: TensorFlow Lite Micro, any range of operators, over one interpreter and one arena.
#ifndef CUTPOINT_TFLM_ENGINE_H_
#define CUTPOINT_TFLM_ENGINE_H_

#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "../core/engine/engine.h"
#include "lifetimes.h"
#include "load_result.h"
#include "resolver.h"
#include "run_range.h"
#include "../core/span.h"
#include "tensorflow/lite/micro/memory_planner/greedy_memory_planner.h"
#include "tensorflow/lite/micro/micro_interpreter.h"

namespace cutpoint {
namespace tflm {

// Microseconds that count up; only differences are used.
using NowUs = uint64_t (*)();

// One model at a time. No heap: everything that grows with the model lies in the arena. One owner, one task.
class TflmEngine : public Engine {
 public:
  TflmEngine() = default;
  ~TflmEngine() { unload(); }
  TflmEngine(const TflmEngine&) = delete;
  TflmEngine& operator=(const TflmEngine&) = delete;

  // Takes the place of the model before, which is gone even when this one is refused. `model` (a .tflite, at an address
  // that is a multiple of 16) and `arena` must stay, unchanged by others, until unload(). What the model needs is
  // stated in the result either way, so a first call in scratch memory measures it.
  LoadResult load(Bytes model, MutableBytes arena, NowUs now_us);

  // Lets go of model and arena.
  void unload();

  bool loaded() const { return interpreter_ != nullptr; }

  // Bytes of the arena that the model takes, 0 without a model: an arena of exactly this size is enough, if it begins
  // at a multiple of 16.
  size_t arena_used() const { return loaded() ? needed_bytes_ : 0; }

  // Inputs and outputs of the model on board.
  size_t inputs() const { return loaded() ? lifetimes_.inputs() : 0; }
  size_t outputs() const { return loaded() ? lifetimes_.outputs() : 0; }

  // The port: see firmware/core/engine/engine.h. Without a model there are no operators and every call fails.
  uint16_t operators() const override { return loaded() ? lifetimes_.operators() : 0; }
  bool run(uint16_t first, uint16_t last, Span<uint32_t> operators_us) override;
  bool live(uint16_t cut, Span<TensorView> tensors, size_t& count) override;
  MutableBytes input(size_t index) override;

 private:
  // Its context hands out the tensors; the class keeps that from users.
  class Interpreter : public tflite::MicroInterpreter {
   public:
    using tflite::MicroInterpreter::MicroInterpreter;
    const TfLiteEvalTensor* tensor(uint16_t index) const { return context().GetEvalTensor(&context(), index); }
  };

  void prepare(const tflite::Model& model, MutableBytes arena, NowUs now_us, LoadResult& result);
  void view(uint16_t tensor, TensorView& view) const;

  Lifetimes lifetimes_;
  Resolver resolver_;
  RunRange range_;
  MeasuredArena arena_;
  tflite::GreedyMemoryPlanner planner_;
  alignas(Interpreter) uint8_t interpreter_memory_[sizeof(Interpreter)];
  Interpreter* interpreter_ = nullptr;  // in interpreter_memory_
  size_t needed_bytes_ = 0;
  uint16_t reached_ = 0;    // the cut at which the last run ended
  bool has_values_ = false;  // false after a run that failed
};

}  // namespace tflm
}  // namespace cutpoint

#endif  // CUTPOINT_TFLM_ENGINE_H_
