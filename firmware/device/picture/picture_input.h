// From a picture to a model's input tensor, in place: crop to the middle, scale, grey or colour, quantise. For an engine
// that holds no input whole, line by line: picture_lines.h.
//
// Bit for bit what cutpoint/picture/input_tensor.py computes, which scales with Pillow: bilinear (a triangle as wide as
// the reduction), first along rows, then along columns, in fixed point of 22 bits, rounded to a byte after each.
#ifndef CUTPOINT_DEVICE_PICTURE_PICTURE_INPUT_H_
#define CUTPOINT_DEVICE_PICTURE_PICTURE_INPUT_H_

#include <stddef.h>
#include <stdint.h>

#include "../sentence.h"
#include "picture.h"

namespace cutpoint::device {

class PictureInput {
 public:
  // False, with the sentence, for a tensor that takes no picture.
  bool begin(const PictureTensor& tensor, Sentence& why);

  // Memory for fill() with pictures of this size: the coefficients of one row, and as many scaled rows as one row of the
  // tensor is made of. No buffer of the picture's or the tensor's size.
  size_t scratch_bytes(uint16_t width, uint16_t height, PixelFormat format) const;

  // Writes every element of `tensor`, which has tensor().bytes() bytes and is aligned for its dtype, as `scratch` is for
  // uint32_t. False, with the sentence and the tensor untouched, when sizes do not fit.
  bool fill(const PictureView& picture, MutableBytes tensor, MutableBytes scratch, Sentence& why) const;

  const PictureTensor& tensor() const { return tensor_; }

  // One line of the tensor, of tensor().line_bytes(), out of as many pixels of `channels` bytes.
  void write_line(const uint8_t* pixels, size_t channels, uint8_t* line) const;

  // The real values that pixels 0 and 255 stand for, told from what the tensor can hold: 0..255, -1..1 or 0..1.
  static void pixel_range(const PictureTensor& tensor, double& least, double& most);

 private:
  PictureTensor tensor_;
  // What each of 256 pixel values becomes.
  union {
    uint8_t bytes_[256];
    float floats_[256];
  };
};

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_PICTURE_PICTURE_INPUT_H_
