// A complete message as a flat Python tuple, the form in which cutpoint.wire builds its dataclasses.
#ifndef CUTPOINT_BINDINGS_MESSAGE_TUPLE_H_
#define CUTPOINT_BINDINGS_MESSAGE_TUPLE_H_

#include <nanobind/nanobind.h>

#include "frame/message.h"
#include "frame/reassembler.h"

namespace cutpoint {

// Checks the payload first; then one of
//   (1, model, boot, sequence, cut, codec, flags, epoch, ((index, dtype, codec, coded bytes, data), ...), timings)
//      with timings None or (encode_us, (us, ...), None or (sequence, round_trip_us, edge_us, up, down))
//   (2, model, boot, sequence, cut, status, edge_us, answer kind, records)
//      with records raw tensors as above, (label, score)... or (label, score, x, y, width, height)...
//   (3, model, epoch, cut, codec, flags, deadline_ms, parameters)
//   (4, model, boot, ((gauge, value), ...), ((counter, value), ...))
//   (5, model, boot, sequence, command, argument)
// or, for a payload that is refused, the Status as int. Raw tensors of more than `capacity` bytes together are
// kOversized before any of them is reserved.
nanobind::object message_tuple(const Message& message, size_t capacity);

}  // namespace cutpoint

#endif  // CUTPOINT_BINDINGS_MESSAGE_TUPLE_H_
