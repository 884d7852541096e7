// The words of operators that move a window over a picture and multiply: CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV.
#ifndef CUTPOINT_STREAM_KERNELS_WINDOW_H_
#define CUTPOINT_STREAM_KERNELS_WINDOW_H_

#include <stdint.h>

#include "../kernel.h"
#include "../requantise.h"

namespace cutpoint::stream {

constexpr uint32_t kBlock = 4;  // output channels whose weights lie together

constexpr uint32_t filled_up(uint32_t channels) { return (channels + kBlock - 1) / kBlock * kBlock; }

// The words begin with this; a Channel for each output channel follows, filled up to a multiple of kBlock.
struct Window {
  int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
  int32_t input_zero_point, output_zero_point, least, most;
};
constexpr uint32_t kWindowWords = sizeof(Window) / 4;

inline const Window& window_of(const OperatorRecord& op) { return *reinterpret_cast<const Window*>(op.words()); }
inline const Channel* channels_of(const OperatorRecord& op) {
  return reinterpret_cast<const Channel*>(op.words() + kWindowWords);
}

// Whether the words are a window from one tensor of bytes to another and its output channels, such that no product of
// positions and sizes overflows. Rules and weights are left to the operator.
bool window_fits(const Shapes& shapes);

// Whether unit u reads the rows under a window that begins at u * stride_h - pad_top.
bool rows_under_window(const OperatorRecord& op);

// The rows of an input under the window, one after the other around the ring.
class WindowRows {
 public:
  // row: the first one; it is inside the tensor. apart: rows from one to the next.
  WindowRows(const Lines& lines, uint32_t row, uint32_t apart)
      : at_(lines.at(row)),
        step_(apart % lines.lines * lines.row_bytes),
        ring_(lines.lines * lines.row_bytes),
        end_(lines.base + ring_) {}
  const int8_t* get() const { return reinterpret_cast<const int8_t*>(at_); }
  void next() {
    at_ += step_;
    if (at_ >= end_) {
      at_ -= ring_;
    }
  }

 private:
  const uint8_t* at_;
  uint32_t step_;
  uint32_t ring_;
  const uint8_t* end_;
};

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_KERNELS_WINDOW_H_
