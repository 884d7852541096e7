// The Python module `cutpoint._core`: firmware/core for Python, one binding file per room of the core.
#include <nanobind/nanobind.h>

namespace nb = nanobind;

void bind_frame(nb::module_& m);
void bind_codec(nb::module_& m);
void bind_session(nb::module_& m);

NB_MODULE(_core, m) {
  m.doc() = "firmware/core for Python: frames, codecs, and the device's session";
#if CUTPOINT_HAS_FRAME
  bind_frame(m);
#endif
#if CUTPOINT_HAS_CODEC
  bind_codec(m);
#endif
#if CUTPOINT_HAS_SESSION
  bind_session(m);
#endif
}
