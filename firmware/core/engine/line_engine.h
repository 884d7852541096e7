// The second face of an engine that computes line by line: a run that can be left after any line and gone on with.
//
// A tensor is lines of bytes: of [1, H, W, C] there are H, each of W * C elements; of [1, T, C] there are T; anything
// else is one. Such an engine makes them one at a time, so that the first of a cut's live tensors are final long
// before the last: a driver sends them meanwhile, and looks for what has arrived.
#ifndef CUTPOINT_ENGINE_LINE_ENGINE_H_
#define CUTPOINT_ENGINE_LINE_ENGINE_H_

#include <stddef.h>
#include <stdint.h>

#include "../span.h"

namespace cutpoint {

enum class Step : uint8_t {
  kMore,     // a unit of work was done, and there is another
  kWaiting,  // nothing was done: a line of the picture has not come yet
  kDone,     // the range has been run
  kFailed,   // an operator failed: the range is over, and only a run from operator 0 can follow
};

// Whoever brings the picture line by line, a camera for instance, instead of having it whole in Engine::input().
class LineSource {
 public:
  // Writes line `row` of the network's input `input`; rows are asked for in order, each until it was there. False: it
  // has not come yet. Must not block: what is computed and sent meanwhile would wait as well.
  virtual bool line(size_t input, uint16_t row, MutableBytes to) = 0;

 protected:
  ~LineSource() = default;
};

// Engine::lines() gives it. Engine::run(first, last) is begin() and advance() until the end.
class LineEngine {
 public:
  // Starts [first, last) as Engine::run does: `first` is 0 or where the last run ended, and 0 is allowed at any time,
  // in the middle of another range as well. False when it cannot be run. From now on Engine::live(last) tells where the
  // live tensors will lie, at their full size; they hold as there.
  virtual bool begin(uint16_t first, uint16_t last) = 0;

  // One unit of work: as a rule one line of one operator. Its time is what a driver cannot cut further.
  virtual Step advance() = 0;

  // Bytes at the front of the place-th live tensor of `last` that are final. Never falls during a range; all of them
  // once it is done.
  virtual size_t ready(size_t place) const = 0;

  // Microseconds spent in each operator of the range begun, summed over its lines so far; us has last - first elements.
  virtual void operators_us(Span<uint32_t> us) const = 0;

  // Whether there is the memory for this cut: to run [0, cut), and where the whole network is on board to go on from
  // there to its end. Cuts are 0 to operators(), which stands for all of it.
  virtual bool can_cut(uint16_t cut) const = 0;

 protected:
  ~LineEngine() = default;
};

}  // namespace cutpoint

#endif  // CUTPOINT_ENGINE_LINE_ENGINE_H_
