#include "picture_lines.h"

namespace cutpoint::device {
namespace {

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

// Scaled rows that one line is made of.
uint32_t rows_held(const Crop& crop, const PictureTensor& tensor) {
  return crop.height == tensor.height ? 1 : Resample(crop.height, tensor.height).most();
}

}  // namespace

size_t PictureLines::scratch_bytes(const PictureTensor& tensor, uint16_t width, uint16_t height, PixelFormat format) {
  if (width == 0 || height == 0) {
    return 0;
  }
  const Crop crop = crop_to(tensor, width, height);
  const size_t rows = rows_held(crop, tensor);
  const size_t row_bytes = static_cast<size_t>(tensor.width) * pixel_channels(format);
  return ScaledRows::table_words(crop.width, tensor.width) * kWordBytes + rows * kWordBytes + (rows + 1) * row_bytes;
}

bool PictureLines::begin(const PictureInput& input, const PictureView& picture, MutableBytes scratch, Sentence& why) {
  stop();
  why.clear();
  const PictureTensor& tensor = input.tensor();
  const size_t step = pixel_bytes(picture.format);
  if (picture.width == 0 || picture.height == 0 || picture.width > kMostPictureSide ||
      picture.height > kMostPictureSide || picture.data.size() < step * picture.width * picture.height) {
    why.add("the picture has ").add(static_cast<uint32_t>(picture.data.size())).add(" bytes, which is not ");
    why.add(static_cast<uint32_t>(picture.width)).add(" x ").add(static_cast<uint32_t>(picture.height)).add(" pixels");
    return false;
  }
  if (scratch.size() < scratch_bytes(tensor, picture.width, picture.height, picture.format)) {
    why.add("there is no room to scale the picture in");
    return false;
  }
  const Crop crop = crop_to(tensor, picture.width, picture.height);
  channels_ = pixel_channels(picture.format);
  scales_ = crop.height != tensor.height;
  vertical_ = Resample(crop.height, tensor.height);
  held_ = rows_held(crop, tensor);
  // scratch: weights of the rows, table of the columns, rows, the row that is made of them.
  weights_ = reinterpret_cast<int32_t*>(scratch.data());
  int32_t* const table = weights_ + held_;
  rows_ = reinterpret_cast<uint8_t*>(table + ScaledRows::table_words(crop.width, tensor.width));
  made_ = rows_ + held_ * tensor.width * channels_;
  source_ = ScaledRows(picture, crop, tensor.width, table);
  rewind();
  input_ = &input;
  return true;
}

void PictureLines::next(MutableBytes line) {
  const size_t row_bytes = input_->tensor().width * channels_;
  if (!scales_) {
    source_.scale(next_, made_);
  } else {
    uint32_t first = 0;
    uint32_t count = 0;
    vertical_.weights(next_, first, count, weights_);
    for (scaled_ = scaled_ < first ? first : scaled_; scaled_ < first + count; ++scaled_) {
      source_.scale(scaled_, rows_ + scaled_ % held_ * row_bytes);
    }
    for (size_t i = 0; i < row_bytes; ++i) {
      int32_t sum = kWeightHalf;
      for (uint32_t row = 0; row < count; ++row) {
        sum += static_cast<int32_t>(rows_[(first + row) % held_ * row_bytes + i]) * weights_[row];
      }
      made_[i] = weighted_byte(sum);
    }
  }
  input_->write_line(made_, channels_, line.data());
  ++next_;
}

}  // namespace cutpoint::device
