// The port to whatever computes operators: TFLM on a board, a wheel on a PC, plain arithmetic in a test.
#ifndef CUTPOINT_ENGINE_ENGINE_H_
#define CUTPOINT_ENGINE_ENGINE_H_

#include <stddef.h>
#include <stdint.h>

#include "../codec/tensor.h"
#include "../span.h"
#include "line_engine.h"

namespace cutpoint {

// One model in one arena. What operators [0, k) computed stays readable, and [k, ...) can go on from it, until
// operator 0 runs again: that is why a missed deadline costs no recomputation.
class Engine {
 public:
  // Operators on board: the engine runs [0, operators()). Fewer than the network has when the tail stays on the edge.
  virtual uint16_t operators() const = 0;

  // Runs operators [first, last) in order and states the microseconds of each; operators_us has last - first
  // elements. `first` is 0 or where the last run ended. False when an operator failed.
  virtual bool run(uint16_t first, uint16_t last, Span<uint32_t> operators_us) = 0;

  // The tensors that are alive at `cut`, where the last run ended: in ascending index, but the network's inputs at
  // cut 0 and its outputs at cut N in the network's order. They point into the arena and hold until the next run or
  // the next write to input(). `count` is how many; false when there is no room for all or no such cut.
  virtual bool live(uint16_t cut, Span<TensorView> tensors, size_t& count) = 0;

  // Where the next picture goes; empty when the network has no input `index`. It may share memory with later
  // tensors, so it is written only between inferences.
  virtual MutableBytes input(size_t index) = 0;

  // The same engine line by line; null for one that computes whole tensors.
  virtual LineEngine* lines() { return nullptr; }

 protected:
  ~Engine() = default;
};

}  // namespace cutpoint

#endif  // CUTPOINT_ENGINE_ENGINE_H_
