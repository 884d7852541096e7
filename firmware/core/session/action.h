// What a session asks of its driver: one value per poll.
#ifndef CUTPOINT_SESSION_ACTION_H_
#define CUTPOINT_SESSION_ACTION_H_

#include <stdint.h>

#include "../frame/result.h"
#include "../span.h"
#include "../transport/transport.h"
#include "plan_state.h"

namespace cutpoint {

struct Publish {
  Leaf leaf;
  Bytes payload;  // until the next poll
  uint8_t qos;
  bool retain;
};

// Run operators [first, last) and tell the session with ran(). [0, 0) asks for nothing but the input tensors.
struct Run {
  uint16_t first;
  uint16_t last;
};

enum class By : uint8_t {
  kNone = 0,    // nobody could answer
  kEdge = 1,
  kDevice = 2,  // the outputs lie in the engine
};

// Why the answer came from there.
enum class Reason : uint8_t {
  kEdge = 0,       // the edge answered
  kPlanned = 1,    // cut N: the device was to answer by itself
  kDeadline = 2,   // the edge did not answer in time
  kIsolated = 3,   // the edge is not asked for now
  kOffline = 4,    // there is no broker
  kRefused = 5,    // the edge refused, see Delivery::refusal
  kHedged = 6,     // the device was faster
  kProfiled = 7,   // a profile was asked for
  kEngine = 8,     // an operator failed
  kOversized = 9,  // the tensors need more chunks than a message may have
};

struct Delivery {
  uint32_t sequence;
  By by;
  Reason reason;
  ResultStatus refusal;  // with kRefused
  uint16_t cut;          // that was asked for
  CodecId codec;         // that was sent with, or tried; raw when nothing was
  uint8_t setting;       // of the codec tables; 0 for a codec without
  Header header;         // of the result, with By::kEdge: read_result(header, payload, ...) opens it
  Bytes payload;         // until the next poll or frame
  bool measured;         // round trip and residence mean something: the edge answered and no clock jumped meanwhile
  uint32_t round_trip_us;
  uint32_t edge_us;     // residence that the edge stated
  uint32_t encode_us;   // for sending; 0 when nothing was sent before the answer
  uint32_t bytes_up;    // sent for this inference so far, headers included
  uint32_t bytes_down;  // of the answer

  // The edge made the answer of the chunks that had come, because the others did not in time.
  bool partial() const { return by == By::kEdge && (header.flags & kFlagPartial) != 0; }
};

struct Command {
  uint16_t id;
  Bytes argument;  // until the next poll or frame
};

enum class ActionKind : uint8_t {
  kNone = 0,
  kPublish = 1,
  kRun = 2,
  kDeliver = 3,
  kCommand = 4,
  kPlanChanged = 5,
};

// The member that `kind` names is set.
struct Action {
  ActionKind kind = ActionKind::kNone;
  Publish publish = {};
  Run run = {};
  Delivery delivery = {};
  Command command = {};
  Decision plan = {};
};

}  // namespace cutpoint

#endif  // CUTPOINT_SESSION_ACTION_H_
