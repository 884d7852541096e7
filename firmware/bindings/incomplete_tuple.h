// What has come of an unfinished activation, as a tuple for cutpoint/wire/incomplete.py.
#ifndef CUTPOINT_BINDINGS_INCOMPLETE_TUPLE_H_
#define CUTPOINT_BINDINGS_INCOMPLETE_TUPLE_H_

#include <nanobind/nanobind.h>

#include "frame/incomplete.h"

namespace cutpoint {

// (model, boot, sequence, cut, codec, flags, epoch, setting, tensor count, tensors, bytes that came); a tensor is (index,
// dtype, codec, raw bytes, coded bytes with zeros where nothing came, ranges that came). None where nothing of it can be
// read: another kind of message, a head that did not come or is refused, tensors that unfold to more than `capacity`.
nanobind::object incomplete_tuple(const IncompleteMessage& message, size_t capacity);

}  // namespace cutpoint

#endif  // CUTPOINT_BINDINGS_INCOMPLETE_TUPLE_H_
