// Pictures into input tensors for Python, by the firmware's own arithmetic: so that tests can hold the two equal.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <string>
#include <vector>

#include "bytes.h"
#include "picture/picture_input.h"
#include "python_bytes.h"

namespace nb = nanobind;

namespace cutpoint {
namespace {

device::PixelFormat format_of(const std::string& name) {
  if (name == "grey") {
    return device::PixelFormat::kGrey;
  }
  if (name == "rgb888") {
    return device::PixelFormat::kRgb888;
  }
  if (name == "bgr888") {
    return device::PixelFormat::kBgr888;
  }
  if (name == "rgb565") {
    return device::PixelFormat::kRgb565;
  }
  throw nb::value_error("a format is one of grey, rgb888, bgr888, rgb565");
}

nb::bytes picture_tensor(nb::bytes pixels, uint16_t width, uint16_t height, const std::string& format, uint8_t dtype,
                         uint16_t tensor_width, uint16_t tensor_height, uint8_t channels, nb::object scale,
                         int32_t zero_point) {
  device::PictureTensor tensor;
  tensor.dtype = static_cast<DType>(dtype);
  tensor.width = tensor_width;
  tensor.height = tensor_height;
  tensor.channels = channels;
  tensor.quantised = !scale.is_none();
  tensor.scale = tensor.quantised ? nb::cast<float>(scale) : 0;
  tensor.zero_point = zero_point;
  device::PictureView picture;
  picture.data = Bytes(reinterpret_cast<const uint8_t*>(pixels.c_str()), pixels.size());
  picture.width = width;
  picture.height = height;
  picture.format = format_of(format);
  device::PictureInput input;
  device::Sentence why;
  if (!input.begin(tensor, why)) {
    throw nb::value_error(why.text());
  }
  std::vector<uint8_t> made(tensor.bytes());
  std::vector<uint32_t> scratch(input.scratch_bytes(width, height, picture.format) / sizeof(uint32_t) + 1);
  const MutableBytes memory(reinterpret_cast<uint8_t*>(scratch.data()), scratch.size() * sizeof(uint32_t));
  if (!input.fill(picture, MutableBytes(made.data(), made.size()), memory, why)) {
    throw nb::value_error(why.text());
  }
  return nb::bytes(reinterpret_cast<const char*>(made.data()), made.size());
}

}  // namespace
}  // namespace cutpoint

void bind_picture(nb::module_& m) {
  using namespace nb::literals;
  m.def("picture_tensor", &cutpoint::picture_tensor, "pixels"_a, "width"_a, "height"_a, "format"_a, "dtype"_a,
        "tensor_width"_a, "tensor_height"_a, "channels"_a, "scale"_a.none(), "zero_point"_a,
        "A picture as the bytes of a model's input tensor; ValueError says what does not fit.");
}
