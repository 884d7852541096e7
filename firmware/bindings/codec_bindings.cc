// Codecs and the checksum for Python. Wire numbers in, bytes out; cutpoint.codec gives them names.
#include <nanobind/nanobind.h>

#include "codec/codec.h"
#include "crc32.h"
#include "python_bytes.h"
#include "tensor_argument.h"

namespace nb = nanobind;

namespace cutpoint {
namespace {

TensorView view_of(uint8_t dtype, Bytes data, nb::handle fill) {
  const DType known = static_cast<DType>(dtype);
  return TensorView{0, known, data, fill_argument(fill, known)};
}

nb::object encode_tensor_python(uint8_t codec, uint8_t dtype, nb::handle data, nb::handle fill) {
  const BytesView bytes(data);
  const TensorView tensor = view_of(dtype, bytes.get(), fill);
  CodedSize size = {};
  require(measure_tensor(static_cast<CodecId>(codec), tensor, size));
  nb::object coded = owned(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(size.bytes)));
  TensorEncoder encoder;
  encoder.begin(size, tensor);
  encoder.pull(fresh_bytes(coded));
  return nb::make_tuple(static_cast<uint8_t>(size.codec), coded);
}

nb::object measure_tensor_python(uint8_t codec, uint8_t dtype, nb::handle data, nb::handle fill) {
  const BytesView bytes(data);
  CodedSize size = {};
  require(measure_tensor(static_cast<CodecId>(codec), view_of(dtype, bytes.get(), fill), size));
  return nb::make_tuple(static_cast<uint8_t>(size.codec), size.bytes);
}

nb::object decode_tensor_python(uint8_t codec, uint8_t dtype, nb::handle coded, uint32_t raw_bytes) {
  const BytesView bytes(coded);
  const Status fits = check_coded_size(static_cast<CodecId>(codec), static_cast<DType>(dtype), raw_bytes,
                                       bytes.get().size());
  if (fits != Status::kOk) {
    return nb::int_(static_cast<int>(fits));
  }
  nb::object raw = owned(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(raw_bytes)));
  const Status status =
      decode_tensor(static_cast<CodecId>(codec), static_cast<DType>(dtype), bytes.get(), fresh_bytes(raw));
  if (status != Status::kOk) {
    return nb::int_(static_cast<int>(status));
  }
  return raw;
}

uint32_t crc32_python(nb::handle data, uint32_t crc) { return crc32(crc, BytesView(data).get()); }

}  // namespace
}  // namespace cutpoint

void bind_codec(nb::module_& m) {
  m.def("encode_tensor", &cutpoint::encode_tensor_python, nb::arg("codec"), nb::arg("dtype"), nb::arg("data"),
        nb::arg("fill") = 0, "The codec really used and the coded bytes.");
  m.def("measure_tensor", &cutpoint::measure_tensor_python, nb::arg("codec"), nb::arg("dtype"), nb::arg("data"),
        nb::arg("fill") = 0, "The codec that would be used and the coded size in bytes.");
  m.def("decode_tensor", &cutpoint::decode_tensor_python, nb::arg("codec"), nb::arg("dtype"), nb::arg("coded"),
        nb::arg("raw_bytes"), "The raw bytes, or the status (int) why there are none.");
  m.def("crc32", &cutpoint::crc32_python, nb::arg("data"), nb::arg("crc") = 0, "zlib's CRC-32, continued.");
}
