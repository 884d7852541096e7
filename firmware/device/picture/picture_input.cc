#include "picture_input.h"

#include "../../core/bytes.h"
#include "scaled_rows.h"

namespace cutpoint::device {
namespace {

constexpr size_t kLevels = 256;
constexpr size_t kWordBytes = sizeof(int32_t);

// To the nearest, halves to even, as Python's round().
uint32_t rounded_quotient(uint64_t number, uint64_t divisor) {
  const uint64_t quotient = number / divisor;
  const uint64_t twice = 2 * (number % divisor);
  const bool up = twice > divisor || (twice == divisor && quotient % 2 == 1);
  return static_cast<uint32_t>(quotient + (up ? 1 : 0));
}

uint32_t at_most(uint32_t value, uint32_t most) { return value > most ? most : value; }
uint32_t at_least_one(uint32_t value) { return value == 0 ? 1 : value; }

// The middle of a picture in the tensor's aspect ratio.
Crop crop_to(const PictureTensor& tensor, uint32_t width, uint32_t height) {
  if (width == tensor.width && height == tensor.height) {
    return {0, 0, width, height};
  }
  const uint32_t rows =
      at_most(at_least_one(rounded_quotient(static_cast<uint64_t>(width) * tensor.height, tensor.width)), height);
  const uint32_t columns =
      at_most(at_least_one(rounded_quotient(static_cast<uint64_t>(height) * tensor.width, tensor.height)), width);
  return {(width - columns) / 2, (height - rows) / 2, columns, rows};
}

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
  if (width == 0 || height == 0) {
    return 0;
  }
  const Crop crop = crop_to(tensor_, width, height);
  const size_t rows = crop.height == tensor_.height ? 1 : Resample(crop.height, tensor_.height).most();
  const size_t row_bytes = static_cast<size_t>(tensor_.width) * pixel_channels(format);
  return ScaledRows::table_words(crop.width, tensor_.width) * kWordBytes + rows * kWordBytes + (rows + 1) * row_bytes;
}

bool PictureInput::fill(const PictureView& picture, MutableBytes tensor, MutableBytes scratch, Sentence& why) const {
  why.clear();
  const size_t step = pixel_bytes(picture.format);
  if (picture.width == 0 || picture.height == 0 || picture.width > kMostPictureSide ||
      picture.height > kMostPictureSide || picture.data.size() < step * picture.width * picture.height) {
    why.add("the picture has ").add(static_cast<uint32_t>(picture.data.size())).add(" bytes, which is not ");
    why.add(static_cast<uint32_t>(picture.width)).add(" x ").add(static_cast<uint32_t>(picture.height)).add(" pixels");
    return false;
  }
  if (tensor.size() != tensor_.bytes() || scratch.size() < scratch_bytes(picture.width, picture.height, picture.format)) {
    why.add("there is no room to scale the picture in");
    return false;
  }
  const Crop crop = crop_to(tensor_, picture.width, picture.height);
  const size_t channels = pixel_channels(picture.format);
  const size_t row_bytes = tensor_.width * channels;
  const bool scales = crop.height != tensor_.height;
  const Resample vertical(crop.height, tensor_.height);
  const uint32_t held = scales ? vertical.most() : 1;  // rows that one row of the tensor is made of
  // scratch: weights of the rows, table of the columns, rows, the row that is made of them.
  auto* weights = reinterpret_cast<int32_t*>(scratch.data());
  int32_t* table = weights + held;
  auto* rows = reinterpret_cast<uint8_t*>(table + ScaledRows::table_words(crop.width, tensor_.width));
  uint8_t* made = rows + held * row_bytes;
  const ScaledRows source(picture, crop, tensor_.width, table);
  uint32_t next = 0;  // rows up to here have been scaled
  for (uint32_t y = 0; y < tensor_.height; ++y) {
    if (!scales) {
      source.scale(y, made);
      write_row(made, channels, tensor, y);
      continue;
    }
    uint32_t first = 0;
    uint32_t count = 0;
    vertical.weights(y, first, count, weights);
    for (next = next < first ? first : next; next < first + count; ++next) {
      source.scale(next, rows + next % held * row_bytes);
    }
    for (size_t i = 0; i < row_bytes; ++i) {
      int32_t sum = kWeightHalf;
      for (uint32_t row = 0; row < count; ++row) {
        sum += static_cast<int32_t>(rows[(first + row) % held * row_bytes + i]) * weights[row];
      }
      made[i] = weighted_byte(sum);
    }
    write_row(made, channels, tensor, y);
  }
  return true;
}

void PictureInput::write_row(const uint8_t* pixels, size_t channels, MutableBytes tensor, size_t y) const {
  const size_t item = item_bytes(tensor_.dtype);
  uint8_t* to = tensor.data() + y * tensor_.width * tensor_.channels * item;
  for (size_t x = 0; x < tensor_.width; ++x, pixels += channels) {
    for (size_t c = 0; c < tensor_.channels; ++c, to += item) {
      uint8_t level = pixels[channels == 3 ? c : 0];
      if (channels == 3 && tensor_.channels == 1) {
        // ITU-R BT.601, in whole numbers, so that every machine rounds alike.
        level = static_cast<uint8_t>((299u * pixels[0] + 587u * pixels[1] + 114u * pixels[2] + 500u) / 1000u);
      }
      if (item == 1) {
        *to = bytes_[level];
      } else {
        copy_bytes(to, reinterpret_cast<const uint8_t*>(&floats_[level]), sizeof(float));
      }
    }
  }
}

}  // namespace cutpoint::device
