// The port to whatever carries bytes between a device and its broker.
#ifndef CUTPOINT_TRANSPORT_TRANSPORT_H_
#define CUTPOINT_TRANSPORT_TRANSPORT_H_

#include <stdint.h>

#include "../span.h"

namespace cutpoint {

// The last level of a topic, <root>/<device>/<leaf>.
enum class Leaf : uint8_t {
  kState = 0,
  kAbout = 1,
  kActivation = 2,
  kResult = 3,
  kPlan = 4,
  kTelemetry = 5,
  kCommand = 6,
  kNote = 7,  // session/notes.h
};
constexpr uint8_t kLeaves = 8;

// As it stands in the topic.
constexpr const char* leaf_name(Leaf leaf) {
  switch (leaf) {
    case Leaf::kState:
      return "state";
    case Leaf::kAbout:
      return "about";
    case Leaf::kActivation:
      return "act";
    case Leaf::kResult:
      return "res";
    case Leaf::kPlan:
      return "plan";
    case Leaf::kTelemetry:
      return "tele";
    case Leaf::kCommand:
      return "cmd";
    case Leaf::kNote:
      return "note";
  }
  return "";
}

// What arrives, and whether there is a connection, is told to the Driver by the platform, from the Driver's own task:
// callbacks of a network library only enqueue.
class Transport {
 public:
  // Hands `payload` over; the memory is reused as soon as this returns. May block as long as the network needs.
  // False when it was not taken (no connection, outbox full).
  virtual bool publish(Leaf leaf, Bytes payload, uint8_t qos, bool retain) = 0;

 protected:
  ~Transport() = default;
};

}  // namespace cutpoint

#endif  // CUTPOINT_TRANSPORT_TRANSPORT_H_
