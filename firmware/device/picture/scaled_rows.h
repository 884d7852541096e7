// Rows of a picture, cut out and scaled along the row, one at a time.
#ifndef CUTPOINT_DEVICE_PICTURE_SCALED_ROWS_H_
#define CUTPOINT_DEVICE_PICTURE_SCALED_ROWS_H_

#include <stddef.h>
#include <stdint.h>

#include "picture.h"
#include "resample.h"

namespace cutpoint::device {

// A rectangle of a picture, within it.
struct Crop {
  uint32_t left, top, width, height;
};

class ScaledRows {
 public:
  // Of nothing, until another is assigned.
  ScaledRows() : crop_{0, 0, 1, 1}, width_(1), horizontal_(1, 1), table_(nullptr) {}

  // From the crop's width to `width`. `table` has room for table_words(); it and the pixels must outlive this.
  ScaledRows(const PictureView& picture, const Crop& crop, uint32_t width, int32_t* table);

  // What a table takes that is made once for all rows: 0 where nothing is scaled.
  static size_t table_words(uint32_t in, uint32_t out) { return in == out ? 0 : (Resample(in, out).most() + 2) * out; }

  // Row `y` of the crop; `row` has width x channels bytes.
  void scale(uint32_t y, uint8_t* row) const;

 private:
  bool scales() const { return crop_.width != width_; }
  int32_t* entry_of(uint32_t x) const { return table_ + static_cast<size_t>(x) * (horizontal_.most() + 2); }

  PictureView picture_;
  Crop crop_;
  uint32_t width_;
  Resample horizontal_;
  int32_t* table_;
};

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_PICTURE_SCALED_ROWS_H_
