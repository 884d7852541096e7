// Bytes across the border: views of Python buffers without a copy, and what to raise when a value cannot travel.
#ifndef CUTPOINT_BINDINGS_PYTHON_BYTES_H_
#define CUTPOINT_BINDINGS_PYTHON_BYTES_H_

#include <nanobind/nanobind.h>

#include <vector>

#include "span.h"
#include "status.h"

namespace cutpoint {

// A read-only view of a bytes-like object, held for as long as this lives. `bytes` is told first: it is what every
// transport delivers, and needs no buffer protocol.
class BytesView {
 public:
  explicit BytesView(nanobind::handle object) {
    if (PyBytes_CheckExact(object.ptr())) {
      owner_ = nanobind::borrow(object);
      bytes_ = Bytes(reinterpret_cast<const uint8_t*>(PyBytes_AS_STRING(object.ptr())),
                     static_cast<size_t>(PyBytes_GET_SIZE(object.ptr())));
      return;
    }
    if (PyObject_GetBuffer(object.ptr(), &buffer_, PyBUF_SIMPLE) != 0) {
      throw nanobind::python_error();
    }
    held_ = true;
    bytes_ = Bytes(static_cast<const uint8_t*>(buffer_.buf), static_cast<size_t>(buffer_.len));
  }
  ~BytesView() {
    if (held_) {
      PyBuffer_Release(&buffer_);
    }
  }
  BytesView(const BytesView&) = delete;
  BytesView& operator=(const BytesView&) = delete;

  Bytes get() const { return bytes_; }

 private:
  nanobind::object owner_;
  Py_buffer buffer_ = {};
  Bytes bytes_;
  bool held_ = false;
};

// A new reference, or the Python error that stands.
inline nanobind::object owned(PyObject* object) {
  if (object == nullptr) {
    throw nanobind::python_error();
  }
  return nanobind::steal(object);
}

inline nanobind::object to_python(Bytes bytes) {
  return owned(PyBytes_FromStringAndSize(reinterpret_cast<const char*>(bytes.data()),
                                         static_cast<Py_ssize_t>(bytes.size())));
}

// The memory of a bytes object that nobody else has seen yet.
inline MutableBytes fresh_bytes(nanobind::handle object) {
  return MutableBytes(reinterpret_cast<uint8_t*>(PyBytes_AS_STRING(object.ptr())),
                      static_cast<size_t>(PyBytes_GET_SIZE(object.ptr())));
}

// A number out of a tuple; ValueError unless it is one and fits.
template <typename T>
T argument(nanobind::handle object) {
  T value{};
  if (!nanobind::try_cast<T>(object, value)) {
    throw nanobind::value_error("a field is not a number or does not fit its width on the wire");
  }
  return value;
}

// A tuple of numbers, as they are to travel. Converting one may run Python code, which cannot change a tuple.
template <typename T>
std::vector<T> arguments(nanobind::tuple numbers) {
  std::vector<T> values;
  values.reserve(numbers.size());
  for (nanobind::handle number : numbers) {
    values.push_back(argument<T>(number));
  }
  return values;
}

// A gauge or a counter, and its value.
inline nanobind::tuple pair_argument(nanobind::handle item) {
  nanobind::tuple pair = argument<nanobind::tuple>(item);
  if (pair.size() != 2) {
    throw nanobind::value_error("a gauge or a counter is (number, value)");
  }
  return pair;
}

// For values that Python code hands in: raises ValueError with the reason.
inline void require(Status status) {
  switch (status) {
    case Status::kOk:
      return;
    case Status::kOversized:
      throw nanobind::value_error("the message needs more than 1,024 chunks; use larger chunks");
    case Status::kDType:
      throw nanobind::value_error("a tensor has a dtype without a number on the wire");
    case Status::kTensor:
      throw nanobind::value_error("a tensor's bytes are not a whole number of elements");
    case Status::kCodec:
      throw nanobind::value_error("the codec is unknown");
    case Status::kNumber:
      throw nanobind::value_error("a number is not finite or outside the range that the protocol allows");
    case Status::kCount:
      throw nanobind::value_error("there are more records or bytes than the protocol allows");
    case Status::kFlags:
      throw nanobind::value_error("the flags are reserved or exclude each other");
    default:
      throw nanobind::value_error("a field is outside what the protocol allows");
  }
}

}  // namespace cutpoint

#endif  // CUTPOINT_BINDINGS_PYTHON_BYTES_H_
