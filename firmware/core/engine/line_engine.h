// What an engine offers that computes line by line: work in small steps, and lines that leave while later ones are made.
#ifndef CUTPOINT_ENGINE_LINE_ENGINE_H_
#define CUTPOINT_ENGINE_LINE_ENGINE_H_

#include <stddef.h>
#include <stdint.h>

#include "../span.h"

namespace cutpoint {

enum class Step : uint8_t {
  kMore,     // a line was made, and there are more to make
  kWaiting,  // a line of an input is needed that has not come yet
  kDone,     // the range has been run
  kFailed,
};

// Where input lines come from that are not held in memory: a camera that is still reading out its sensor.
class LineSource {
 public:
  // Fills `to` with row `row` of input `input`; rows are asked for in order, each once an inference. False when it is
  // not there yet: the engine then waits, and asks again.
  virtual bool line(size_t input, uint16_t row, MutableBytes to) = 0;

 protected:
  ~LineSource() = default;
};

// The second face of an Engine (engine.h): the same ranges, step by step. A run through `begin` and `advance` leaves what
// Engine::run would leave.
class LineEngine {
 public:
  // Starts operators [first, last), under the same rule for `first` as Engine::run. From now on Engine::live(last) tells
  // where the live tensors will lie; their bytes are final as far as ready() says. False when there is no such range, or
  // no memory for it.
  virtual bool begin(uint16_t first, uint16_t last) = 0;

  // Computes one line of one operator.
  virtual Step advance() = 0;

  // Bytes at the front of the place-th live tensor of `last` that are final. All of them after kDone.
  virtual size_t ready(size_t place) const = 0;

  // Microseconds of each operator of the range begun, summed over its lines so far; at most last - first elements.
  virtual void operators_us(Span<uint32_t> us) const = 0;

  // Whether there is memory for a head [0, cut) and, where all operators are on board, for going on from it.
  virtual bool can_cut(uint16_t cut) const = 0;

 protected:
  ~LineEngine() = default;
};

}  // namespace cutpoint

#endif  // CUTPOINT_ENGINE_LINE_ENGINE_H_
