// What may become of an MQTT message, before anybody reads it.
#ifndef CUTPOINT_DEVICE_NET_ARRIVAL_H_
#define CUTPOINT_DEVICE_NET_ARRIVAL_H_

#include <stddef.h>

#include "../../core/transport/transport.h"
#include "../sentence.h"

namespace cutpoint::device {

// As the client hands it over: a message longer than its buffer comes in parts.
struct Arrived {
  Text topic;         // of the first part; may be empty in others
  size_t bytes;       // of this part
  size_t all_bytes;   // of the message
  size_t offset;      // of this part in it
  bool retained;      // out of the broker's memory, at a subscription
};

enum class Arrival : uint8_t {
  kFrame,      // to be read
  kNothing,    // empty, or a later part of what was refused
  kOversized,  // longer than `most_bytes`
  kRetained,   // kept by the broker, and no plan
};

// A queue must never take a message that its reader has no room for: it would lie there for ever, before everything that
// comes later. And of what a broker keeps only a plan holds still: a retained command would be obeyed again after every
// connection, and a board told to restart would never stop.
inline Arrival judge_arrival(const Arrived& arrived, size_t most_bytes) {
  if (arrived.all_bytes != arrived.bytes || arrived.bytes > most_bytes) {
    return arrived.offset == 0 ? Arrival::kOversized : Arrival::kNothing;
  }
  if (arrived.bytes == 0) {
    return Arrival::kNothing;
  }
  const Text plan = text_of(leaf_name(Leaf::kPlan));
  const bool is_plan = arrived.topic.size() > plan.size() &&
                       arrived.topic[arrived.topic.size() - plan.size() - 1] == '/' &&
                       same_text(arrived.topic.from(arrived.topic.size() - plan.size()), plan);
  return arrived.retained && !is_plan ? Arrival::kRetained : Arrival::kFrame;
}

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_NET_ARRIVAL_H_
