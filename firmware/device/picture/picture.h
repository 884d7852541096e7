// A picture as a camera or a file gives it, and a model's input tensor that takes one.
#ifndef CUTPOINT_DEVICE_PICTURE_PICTURE_H_
#define CUTPOINT_DEVICE_PICTURE_PICTURE_H_

#include <stddef.h>
#include <stdint.h>

#include "../../core/codec/tensor.h"
#include "../../core/span.h"

namespace cutpoint::device {

// Bytes of a pixel in memory order.
enum class PixelFormat : uint8_t {
  kGrey = 0,
  kRgb888 = 1,  // red, green, blue
  kBgr888 = 2,  // blue, green, red: what the camera component's JPEG decoder writes
  kRgb565 = 3,  // most significant byte first, as the sensors send it: rrrrrggg gggbbbbb
};
constexpr size_t pixel_bytes(PixelFormat format) {
  return format == PixelFormat::kGrey ? 1 : format == PixelFormat::kRgb565 ? 2 : 3;
}
constexpr size_t pixel_channels(PixelFormat format) { return format == PixelFormat::kGrey ? 1 : 3; }

constexpr uint16_t kMostPictureSide = 4096;

// Rows without padding.
struct PictureView {
  Bytes data;
  uint16_t width = 0;
  uint16_t height = 0;
  PixelFormat format = PixelFormat::kGrey;
};

// A tensor [1, height, width, channels] of int8, uint8 or float32 with one scale and zero point.
struct PictureTensor {
  DType dtype = DType::kInt8;
  uint16_t width = 0;
  uint16_t height = 0;
  uint8_t channels = 0;    // 1 or 3
  bool quantised = false;  // scale and zero_point mean something
  float scale = 0;
  int32_t zero_point = 0;

  size_t line_bytes() const { return item_bytes(dtype) * width * channels; }
  size_t bytes() const { return line_bytes() * height; }
};

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_PICTURE_PICTURE_H_
