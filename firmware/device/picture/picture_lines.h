// A picture as the lines of a model's input tensor, one after the other: for an engine that holds no input whole.
#ifndef CUTPOINT_DEVICE_PICTURE_PICTURE_LINES_H_
#define CUTPOINT_DEVICE_PICTURE_PICTURE_LINES_H_

#include <stddef.h>
#include <stdint.h>

#include "../sentence.h"
#include "picture.h"
#include "picture_input.h"
#include "scaled_rows.h"

namespace cutpoint::device {

class PictureLines {
 public:
  // What begin() needs: the coefficients of one row, and as many scaled rows as one line is made of. No buffer of the
  // picture's or the tensor's size.
  static size_t scratch_bytes(const PictureTensor& tensor, uint16_t width, uint16_t height, PixelFormat format);

  // Starts at the first line. `input`, the picture's pixels and `scratch`, which is aligned for uint32_t, must stay until
  // the last line was taken. False, with the sentence and without a line to take, when sizes do not fit.
  bool begin(const PictureInput& input, const PictureView& picture, MutableBytes scratch, Sentence& why);

  // Lines that have not been taken.
  uint32_t left() const { return input_ == nullptr ? 0 : input_->tensor().height - next_; }

  // Writes the next line, of tensor().line_bytes(). Only while left() is not 0.
  void next(MutableBytes line);

  // The first line again.
  void rewind() { scaled_ = next_ = 0; }
  void stop() { input_ = nullptr; }

 private:
  const PictureInput* input_ = nullptr;
  size_t channels_ = 0;
  Resample vertical_{1, 1};
  bool scales_ = false;
  uint32_t held_ = 0;    // scaled rows that one line is made of
  uint32_t scaled_ = 0;  // rows up to here have been scaled
  uint32_t next_ = 0;    // line
  // In the scratch memory.
  int32_t* weights_ = nullptr;
  uint8_t* rows_ = nullptr;
  uint8_t* made_ = nullptr;
  ScaledRows source_;
};

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_PICTURE_PICTURE_LINES_H_
