// What a model's first input is like, out of its .tflite.
#ifndef CUTPOINT_ESP32_BOARD_INPUT_SHAPE_H_
#define CUTPOINT_ESP32_BOARD_INPUT_SHAPE_H_

#include "core/span.h"
#include "device/picture/picture.h"

namespace cutpoint::esp32 {

// `model` may be any bytes, since Stream runs a plan and never looks at them. False when they are no model, or its first
// input is no [1, height, width, channels] (or [height, width, channels]) of int8, uint8 or float32.
bool read_input_shape(Bytes model, device::PictureTensor& tensor);

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_BOARD_INPUT_SHAPE_H_
