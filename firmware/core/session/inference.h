// The one inference that a session has in flight.
#ifndef CUTPOINT_SESSION_INFERENCE_H_
#define CUTPOINT_SESSION_INFERENCE_H_

#include <stdint.h>

#include "../codec/tensor.h"
#include "../frame/activation.h"
#include "action.h"

namespace cutpoint {

// The next in 1, 2, ... 0xFFFFFFFF, 1: 0 stands for no inference.
constexpr uint32_t next_sequence(uint32_t sequence) { return sequence == UINT32_MAX ? 1 : sequence + 1; }

enum class Phase : uint8_t {
  kIdle,
  kRun,      // a Run is to be polled
  kRunning,  // ran() is awaited
  kSend,     // chunks are to be polled
  kWait,     // the edge has the tensors
  kDeliver,  // a Delivery is to be polled
};

struct Inference {
  Phase phase = Phase::kIdle;
  bool whole = false;          // the device answers by itself, and reports afterwards
  bool trial = false;          // sent from isolation by a device that cannot finish alone
  bool profile = false;        // timings of all that is on board are owed
  bool finishing = false;      // past the cut, for want of an answer or because hedged
  bool won = false;            // the edge's answer lies in `delivery`, while the engine still runs
  bool engine_failed = false;  // there is no way to finish on the device
  bool sending = false;        // the writer has begun
  bool hedged = false;         // the device goes on while the edge computes
  bool handing_over = false;   // the last chunk is with the driver: the deadline counts from its return
  bool sliced = false;         // the engine works line by line: the driver says between slices how far it is
  bool begun = false;          // the Run under way has been said to have begun so
  bool given_up = false;       // some have left, and the rest will not: finished here after the head
  bool chunk_ready = false;    // what the next chunk carries is final
  uint16_t first = 0;          // the range to run, or running
  uint16_t last = 0;
  uint8_t live_count = 0;
  Decision decision = {};  // in force when it began: a plan that comes meanwhile is for the next one
  Delivery delivery = {};
  TensorView live[kMaxTensors] = {};
};

}  // namespace cutpoint

#endif  // CUTPOINT_SESSION_INFERENCE_H_
