// The one input of a network as the lines that an engine asks for, out of what a board has: a picture in the camera's
// memory, a tensor that came whole over the serial line, or zeros. No tensor is made of a picture.
#ifndef CUTPOINT_DEVICE_PICTURE_FED_INPUT_H_
#define CUTPOINT_DEVICE_PICTURE_FED_INPUT_H_

#include <stddef.h>
#include <stdint.h>

#include "../../core/engine/line_engine.h"
#include "picture_lines.h"

namespace cutpoint::device {

class FedInput final : public LineSource {
 public:
  // Each takes the place of what was given before. As PictureLines::begin.
  bool picture(const PictureInput& input, const PictureView& picture, MutableBytes scratch, Sentence& why);
  // Must stay until stop() or the next.
  void tensor(Bytes whole);
  void zeros();
  // Nothing to give: an engine that asks waits.
  void stop();

  // Whether lines are still to be asked for: until then, what was given must stay. Zeros need nothing.
  bool feeding() const;

  // Row 0 begins anew, so that the same input can be run again. False for another input than the first, for a row out of
  // order, one behind the end, or a line of another size.
  bool line(size_t input, uint16_t row, MutableBytes to) override;

 private:
  enum class From : uint8_t { kNothing, kZeros, kTensor, kPicture };

  From from_ = From::kNothing;
  PictureLines lines_;
  size_t line_bytes_ = 0;  // of the picture's tensor
  Bytes whole_;
  size_t given_ = 0;  // bytes of `whole`, or lines of the picture
};

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_PICTURE_FED_INPUT_H_
