#include "scaled_rows.h"

namespace cutpoint::device {
namespace {

// Red, green, blue of one pixel; grey in the first.
void load_pixel(const uint8_t* from, PixelFormat format, int32_t (&pixel)[3]) {
  switch (format) {
    case PixelFormat::kGrey:
      pixel[0] = from[0];
      return;
    case PixelFormat::kRgb888:
      pixel[0] = from[0];
      pixel[1] = from[1];
      pixel[2] = from[2];
      return;
    case PixelFormat::kBgr888:
      pixel[0] = from[2];
      pixel[1] = from[1];
      pixel[2] = from[0];
      return;
    case PixelFormat::kRgb565: {
      // The highest bits fill up the lowest, so that white is 255.
      const uint32_t word = static_cast<uint32_t>(from[0]) << 8 | from[1];
      const uint32_t red = word >> 11;
      const uint32_t green = word >> 5 & 0x3Fu;
      const uint32_t blue = word & 0x1Fu;
      pixel[0] = static_cast<int32_t>(red << 3 | red >> 2);
      pixel[1] = static_cast<int32_t>(green << 2 | green >> 4);
      pixel[2] = static_cast<int32_t>(blue << 3 | blue >> 2);
      return;
    }
  }
}

}  // namespace

ScaledRows::ScaledRows(const PictureView& picture, const Crop& crop, uint32_t width, int32_t* table)
    : picture_(picture), crop_(crop), width_(width), horizontal_(crop.width, width), table_(table) {
  for (uint32_t x = 0; scales() && x < width_; ++x) {
    uint32_t first = 0;
    uint32_t count = 0;
    int32_t* entry = entry_of(x);
    horizontal_.weights(x, first, count, entry + 2);
    entry[0] = static_cast<int32_t>(first);
    entry[1] = static_cast<int32_t>(count);
  }
}

void ScaledRows::scale(uint32_t y, uint8_t* row) const {
  const size_t channels = pixel_channels(picture_.format);
  const size_t step = pixel_bytes(picture_.format);
  const uint8_t* line =
      picture_.data.data() + (static_cast<size_t>(crop_.top + y) * picture_.width + crop_.left) * step;
  for (uint32_t x = 0; x < width_; ++x) {
    int32_t pixel[3];
    if (!scales()) {
      load_pixel(line + x * step, picture_.format, pixel);
      for (size_t c = 0; c < channels; ++c) {
        *row++ = static_cast<uint8_t>(pixel[c]);
      }
      continue;
    }
    const int32_t* entry = entry_of(x);
    const uint8_t* from = line + static_cast<size_t>(entry[0]) * step;
    int32_t sums[3] = {kWeightHalf, kWeightHalf, kWeightHalf};
    for (int32_t i = 0; i < entry[1]; ++i, from += step) {
      load_pixel(from, picture_.format, pixel);
      for (size_t c = 0; c < channels; ++c) {
        sums[c] += pixel[c] * entry[2 + i];
      }
    }
    for (size_t c = 0; c < channels; ++c) {
      *row++ = weighted_byte(sums[c]);
    }
  }
}

}  // namespace cutpoint::device
