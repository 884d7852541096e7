// Runs a stream plan: line by line, depth first, in one block of memory.
#ifndef CUTPOINT_STREAM_ENGINE_H_
#define CUTPOINT_STREAM_ENGINE_H_

#include <stddef.h>
#include <stdint.h>

#include "../clock.h"
#include "../engine/engine.h"
#include "kernel.h"
#include "plan.h"

namespace cutpoint::stream {

// Bytes of memory besides the plan and the engine itself. `block` for a head [0, cut), and for going on from it to K
// with `on`; the tables that the engine keeps there included. `picture` for the network's inputs: whole, or the rings
// that are enough when a LineSource gives their lines (`fed`).
size_t block_bytes(const Plan& plan, uint16_t cut, bool on);
size_t picture_bytes(const Plan& plan, bool fed);

class StreamEngine final : public Engine, public LineEngine {
 public:
  StreamEngine() = default;

  // plan: passed check_plan with the same kernels; it outlives the engine. block and picture: the caller's, aligned to 8.
  // The block holds at least the whole plan, block_bytes(plan, K, false); with more, more cuts can be taken (can_cut).
  // source: gives input lines; null when inputs are written to input() beforehand. clock: times operators; null for
  // none, whose microseconds are then 0. False when the memory is too small.
  bool load(const Plan& plan, MutableBytes block, MutableBytes picture, LineSource* source = nullptr,
            Clock* clock = nullptr, KernelOf kernels = portable_kernel);

  // Engine. `run` and `begin` take [0, k) for every k, and [k, K) after [0, k): a range in the middle would make every
  // tensor whole, which is what this engine is there to avoid.
  uint16_t operators() const override { return on_board_; }
  bool run(uint16_t first, uint16_t last, Span<uint32_t> operators_us) override;
  bool live(uint16_t cut, Span<TensorView> tensors, size_t& count) override;
  MutableBytes input(size_t index) override;
  LineEngine* lines() override { return this; }

  // LineEngine.
  bool begin(uint16_t first, uint16_t last) override;
  Step advance() override;
  size_t ready(size_t place) const override;
  void operators_us(Span<uint32_t> us) const override;
  bool can_cut(uint16_t cut) const override;

  // Units of an operator of the range begun that were run.
  uint16_t units_run(uint16_t op) const { return progress_[op].unit; }

  // Of the block, for what the engine remembers of tensors and operators.
  static size_t table_bytes(const Plan& plan);

 private:
  struct Placed {
    uint8_t* base;
    uint16_t lines;
    uint16_t produced;  // complete rows
  };
  struct Progress {
    uint32_t us;
    uint16_t unit;   // the next one
    uint16_t after;  // no reader of its outputs has a higher index
  };

  void place(const LayoutRecord& layout, uint16_t from, uint16_t to);
  bool live_inputs_are_whole(const LayoutRecord& layout) const;
  bool runnable(uint16_t op) const;
  bool has_room(uint16_t tensor, uint32_t row) const;
  void run_unit(uint16_t op);
  bool sends_input() const;
  Step take_input();
  Lines lines_of(uint16_t tensor) const;
  uint64_t now() const { return clock_ == nullptr ? 0 : clock_->now_us(); }

  Plan plan_;
  MutableBytes block_;    // what follows the tables
  MutableBytes picture_;
  LineSource* source_ = nullptr;
  Clock* clock_ = nullptr;
  KernelOf kernels_ = nullptr;
  Placed* placed_ = nullptr;      // a tensor each
  Progress* progress_ = nullptr;  // an operator each
  uint32_t left_ = 0;             // units to run
  uint16_t on_board_ = 0;
  uint16_t first_ = 0;
  uint16_t last_ = 0;
  uint16_t from_ = 0;  // nothing at or above it can run
  bool running_ = false;
  bool ended_ = false;  // [first_, last_) was run to its end
};

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_ENGINE_H_
