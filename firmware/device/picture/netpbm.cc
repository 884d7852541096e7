#include "netpbm.h"

namespace cutpoint::device {
namespace {

bool space(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

// The next number of the header, behind white space and comments.
bool take_number(Bytes file, size_t& at, uint32_t& number) {
  while (at < file.size() && (space(file[at]) || file[at] == '#')) {
    if (file[at] == '#') {
      while (at < file.size() && file[at] != '\n') {
        ++at;
      }
    } else {
      ++at;
    }
  }
  const size_t first = at;
  number = 0;
  while (at < file.size() && at < first + 5 && file[at] >= '0' && file[at] <= '9') {
    number = number * 10 + (file[at++] - static_cast<uint32_t>('0'));
  }
  return at != first;
}

bool a_side(uint32_t number) { return number >= 1 && number <= kMostPictureSide; }

}  // namespace

bool read_netpbm(Bytes file, PictureView& picture) {
  picture = PictureView();
  if (file.size() < 2 || file[0] != 'P' || (file[1] != '5' && file[1] != '6')) {
    return false;
  }
  size_t at = 2;
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t most = 0;
  if (!take_number(file, at, width) || !take_number(file, at, height) || !take_number(file, at, most) ||
      !a_side(width) || !a_side(height) || most != 255 || at >= file.size() || !space(file[at])) {
    return false;
  }
  ++at;  // exactly one white space stands before the pixels
  const PixelFormat format = file[1] == '5' ? PixelFormat::kGrey : PixelFormat::kRgb888;
  const size_t bytes = pixel_bytes(format) * width * height;
  if (file.size() - at < bytes) {
    return false;
  }
  picture.data = file.slice(at, bytes);
  picture.width = static_cast<uint16_t>(width);
  picture.height = static_cast<uint16_t>(height);
  picture.format = format;
  return true;
}

}  // namespace cutpoint::device
