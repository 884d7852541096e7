// The steps of an update for Python: arguments of the commands new model and new firmware.
#include <nanobind/nanobind.h>

#include "frame/update.h"
#include "python_bytes.h"

namespace nb = nanobind;

namespace cutpoint {
namespace {

// (op, size, sha256, offset, data), or the Status (int) why the argument is refused.
nb::object read_update_step(nb::handle argument) {
  const BytesView bytes(argument);
  UpdateView view = {};
  const Status status = read_update(bytes.get(), view);
  if (status != Status::kOk) {
    return nb::int_(static_cast<int>(status));
  }
  return nb::make_tuple(static_cast<uint8_t>(view.op), view.size, to_python(view.sha256), view.offset,
                        to_python(view.data));
}

nb::object encode_update_step(uint8_t op, uint32_t size, nb::handle sha256, uint32_t offset, nb::handle data) {
  const BytesView hash(sha256);
  const BytesView bytes(data);
  uint8_t argument[kMaxArgumentBytes];
  ByteWriter writer{MutableBytes(argument)};
  const UpdateView update = {static_cast<UpdateOp>(op), size, hash.get(), offset, bytes.get()};
  if (write_update(update, writer) != Status::kOk) {
    throw nb::value_error(
        "no step of an update: expected op 1 to 4, a size of at least 1 with a SHA-256 of 32 bytes, and 1 to 1,016 "
        "bytes of data below 4 GB");
  }
  return to_python(writer.written());
}

}  // namespace
}  // namespace cutpoint

void bind_update_steps(nb::module_& m) {
  m.def("read_update_step", &cutpoint::read_update_step, nb::arg("argument"));
  m.def("encode_update_step", &cutpoint::encode_update_step, nb::arg("op"), nb::arg("size"), nb::arg("sha256"),
        nb::arg("offset"), nb::arg("data"));
}
