// Python values to frames, one function a kind. Each returns a list of whole frames (bytes) of at most `chunk_bytes`
// and raises ValueError or TypeError for what the wire cannot carry.
#ifndef CUTPOINT_BINDINGS_MESSAGE_ENCODING_H_
#define CUTPOINT_BINDINGS_MESSAGE_ENCODING_H_

#include <nanobind/nanobind.h>

namespace cutpoint {

void bind_message_encoding(nanobind::module_& m);

}  // namespace cutpoint

#endif  // CUTPOINT_BINDINGS_MESSAGE_ENCODING_H_
