// The picture that is linked into the firmware: a file named by CUTPOINT_PICTURE, else digits.ppm, a scene of
// models/fomo_digits_64.
#ifndef CUTPOINT_ESP32_BOARD_LINKED_PICTURE_H_
#define CUTPOINT_ESP32_BOARD_LINKED_PICTURE_H_

#include "device/picture/picture.h"

namespace cutpoint::esp32 {

// In flash. False when what was linked in is no PGM or PPM.
bool linked_picture(device::PictureView& picture);

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_BOARD_LINKED_PICTURE_H_
