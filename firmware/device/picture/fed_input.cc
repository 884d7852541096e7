#include "fed_input.h"

#include "../../core/bytes.h"

namespace cutpoint::device {

bool FedInput::picture(const PictureInput& input, const PictureView& picture, MutableBytes scratch, Sentence& why) {
  stop();
  if (!lines_.begin(input, picture, scratch, why)) {
    return false;
  }
  line_bytes_ = input.tensor().line_bytes();
  from_ = From::kPicture;
  return true;
}

void FedInput::tensor(Bytes whole) {
  stop();
  whole_ = whole;
  from_ = From::kTensor;
}

void FedInput::zeros() {
  stop();
  from_ = From::kZeros;
}

void FedInput::stop() {
  from_ = From::kNothing;
  lines_.stop();
  whole_ = Bytes();
  given_ = 0;
}

bool FedInput::feeding() const {
  return (from_ == From::kPicture && lines_.left() != 0) || (from_ == From::kTensor && given_ < whole_.size());
}

bool FedInput::line(size_t input, uint16_t row, MutableBytes to) {
  if (input != 0) {
    return false;
  }
  if (row == 0) {
    given_ = 0;
    lines_.rewind();
  }
  switch (from_) {
    case From::kNothing:
      return false;
    case From::kZeros:
      fill_bytes(to.data(), 0, to.size());
      return true;
    case From::kTensor:
      if (given_ != row * to.size() || whole_.size() - given_ < to.size()) {
        return false;
      }
      copy_bytes(to.data(), whole_.data() + given_, to.size());
      given_ += to.size();
      return true;
    case From::kPicture:
      if (given_ != row || lines_.left() == 0 || to.size() != line_bytes_) {
        return false;
      }
      lines_.next(to);
      given_ += 1;
      return true;
  }
  return false;
}

}  // namespace cutpoint::device
