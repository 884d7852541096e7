#include "picture_input.h"

#include "../../core/bytes.h"
#include "picture_lines.h"

namespace cutpoint::device {
namespace {

constexpr size_t kLevels = 256;

// Halves to even, as IEEE 754 rounds; of numbers far below 2^51.
double rounded(double value) {
  constexpr double magic = 6755399441055744.0;  // 2^52 + 2^51: nothing behind the point is left there
  volatile double sum = value + magic;          // so that no compiler takes it for `value`
  return sum - magic;
}

double least_of(DType dtype) { return dtype == DType::kInt8 ? -128 : 0; }
double most_of(DType dtype) { return dtype == DType::kInt8 ? 127 : 255; }

}  // namespace

void PictureInput::pixel_range(const PictureTensor& tensor, double& least, double& most) {
  least = 0;
  most = 1;
  if (!tensor.quantised || tensor.dtype == DType::kFloat32) {
    return;
  }
  const double scale = static_cast<double>(tensor.scale);
  const double lowest = (least_of(tensor.dtype) - tensor.zero_point) * scale;
  const double highest = (most_of(tensor.dtype) - tensor.zero_point) * scale;
  if (highest > 8) {
    most = 255;
  } else if (lowest < -0.5) {
    least = -1;
  }
}

bool PictureInput::begin(const PictureTensor& tensor, Sentence& why) {
  why.clear();
  tensor_ = tensor;
  const bool integer = tensor.dtype == DType::kInt8 || tensor.dtype == DType::kUint8;
  if ((tensor.channels != 1 && tensor.channels != 3) || tensor.width == 0 || tensor.height == 0 ||
      tensor.width > kMostPictureSide || tensor.height > kMostPictureSide) {
    why.add("the model's input is no picture: its shape is not [1, height, width, 1 or 3]");
    return false;
  }
  if (!integer && tensor.dtype != DType::kFloat32) {
    why.add("the model's input is no picture: its elements are not int8, uint8 or float32");
    return false;
  }
  const bool plain = tensor.dtype == DType::kUint8 && !tensor.quantised;
  if (integer && !plain && (!tensor.quantised || !(tensor.scale > 0))) {
    why.add("the model's input is quantised without a scale: it takes no picture");
    return false;
  }
  double least = 0;
  double most = 0;
  pixel_range(tensor, least, most);
  const double step = (most - least) / 255.0;
  for (size_t pixel = 0; pixel < kLevels; ++pixel) {
    const double value = least + static_cast<double>(pixel) * step;
    if (plain) {
      bytes_[pixel] = static_cast<uint8_t>(pixel);
    } else if (!integer) {
      floats_[pixel] = static_cast<float>(value);
    } else {
      double level = value / static_cast<double>(tensor.scale);
      // What is far out of range is saturated in any case, and must not reach the rounding.
      level = level < -1e6 ? -1e6 : level > 1e6 ? 1e6 : level;
      level = rounded(level) + tensor.zero_point;
      level = level < least_of(tensor.dtype) ? least_of(tensor.dtype) : level > most_of(tensor.dtype) ? most_of(tensor.dtype) : level;
      bytes_[pixel] = static_cast<uint8_t>(static_cast<int32_t>(level) & 0xFF);
    }
  }
  return true;
}

size_t PictureInput::scratch_bytes(uint16_t width, uint16_t height, PixelFormat format) const {
  return PictureLines::scratch_bytes(tensor_, width, height, format);
}

bool PictureInput::fill(const PictureView& picture, MutableBytes tensor, MutableBytes scratch, Sentence& why) const {
  if (tensor.size() != tensor_.bytes()) {
    why = Sentence("the input is of another size than the pictures that were announced for it");
    return false;
  }
  PictureLines lines;
  if (!lines.begin(*this, picture, scratch, why)) {
    return false;
  }
  for (size_t at = 0; lines.left() != 0; at += tensor_.line_bytes()) {
    lines.next(tensor.slice(at, tensor_.line_bytes()));
  }
  return true;
}

void PictureInput::write_line(const uint8_t* pixels, size_t channels, uint8_t* line) const {
  const size_t item = item_bytes(tensor_.dtype);
  for (size_t x = 0; x < tensor_.width; ++x, pixels += channels) {
    for (size_t c = 0; c < tensor_.channels; ++c, line += item) {
      uint8_t level = pixels[channels == 3 ? c : 0];
      if (channels == 3 && tensor_.channels == 1) {
        // ITU-R BT.601, in whole numbers, so that every machine rounds alike.
        level = static_cast<uint8_t>((299u * pixels[0] + 587u * pixels[1] + 114u * pixels[2] + 500u) / 1000u);
      }
      if (item == 1) {
        *line = bytes_[level];
      } else {
        copy_bytes(line, reinterpret_cast<const uint8_t*>(&floats_[level]), sizeof(float));
      }
    }
  }
}

}  // namespace cutpoint::device
