// The camera of a board, when it has one and the build has CUTPOINT_CAMERA.
#ifndef CUTPOINT_ESP32_BOARD_CAMERA_H_
#define CUTPOINT_ESP32_BOARD_CAMERA_H_

#include <stddef.h>
#include <stdint.h>

#include "core/span.h"
#include "device/picture/picture.h"
#include "device/sentence.h"

namespace cutpoint::esp32 {

// A picture in the driver's own memory, or decoded from there.
struct CameraPicture {
  device::PictureView view;
  Bytes jpeg;              // as the camera coded it; empty from a camera that does not
  void* frame = nullptr;   // the driver's
};

// Two frame buffers: while one is worked on, the driver fills the other by DMA, without a task of ours.
class Camera {
 public:
  static bool built_in();

  // Finds the sensor. Raw RGB565 of 240 x 240 or less; JPEG with `as_jpeg`, decoded for the tensor as well. False, with
  // the sentence, without a sensor.
  bool begin(bool as_jpeg, device::Sentence& why);
  bool running() const { return running_; }
  void end();

  // The newest picture. Waits for it when none is complete. False, with the sentence, when the camera does not deliver.
  bool grab(CameraPicture& picture, device::Sentence& why);
  // Gives the frame back to the driver, which captures into it again.
  void release(CameraPicture& picture);

 private:
  [[maybe_unused]] bool decode(CameraPicture& picture, device::Sentence& why);

  bool running_ = false;
  [[maybe_unused]] uint8_t* decoded_ = nullptr;  // of the JPEG path
  [[maybe_unused]] size_t decoded_bytes_ = 0;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_BOARD_CAMERA_H_
