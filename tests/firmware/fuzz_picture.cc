// libFuzzer target: hostile pictures and shapes of input tensors. Whatever they are, nothing is read or written outside of
// the picture, the tensor and the stated scratch memory.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "bytes.h"
#include "picture/netpbm.h"
#include "picture/picture_input.h"

using namespace cutpoint;
using namespace cutpoint::device;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 24) {
    return 0;
  }
  PictureTensor tensor;
  tensor.dtype = static_cast<DType>(data[0] % 8);
  tensor.width = static_cast<uint16_t>(load_u16(data + 1) % 70u);
  tensor.height = static_cast<uint16_t>(load_u16(data + 3) % 70u);
  tensor.channels = data[5] % 5;
  tensor.quantised = (data[6] & 1) != 0;
  copy_bytes(reinterpret_cast<uint8_t*>(&tensor.scale), data + 7, sizeof tensor.scale);
  tensor.zero_point = static_cast<int32_t>(load_u32(data + 11));
  const bool file = (data[15] & 1) != 0;
  const Bytes rest(data + 20, size - 20);
  PictureView picture;
  if (file) {
    if (!read_netpbm(rest, picture)) {
      return 0;
    }
    if (picture.data.size() != pixel_bytes(picture.format) * picture.width * picture.height) {
      std::abort();
    }
  } else {
    picture.data = rest;
    picture.width = load_u16(data + 16);
    picture.height = load_u16(data + 18);
    picture.format = static_cast<PixelFormat>(data[15] >> 1 & 3);
  }
  PictureInput input;
  Sentence why;
  if (!input.begin(tensor, why)) {
    return why.empty() ? (std::abort(), 0) : 0;
  }
  if (picture.width > kMostPictureSide || picture.height > kMostPictureSide) {
    picture.width %= kMostPictureSide;
  }
  std::vector<uint8_t> to(input.tensor().bytes());
  std::vector<uint8_t> scratch(input.scratch_bytes(picture.width, picture.height, picture.format));
  const bool filled = input.fill(picture, MutableBytes(to.data(), to.size()), MutableBytes(scratch.data(), scratch.size()), why);
  return !filled && why.empty() ? (std::abort(), 0) : 0;
}
