// A build without a camera: camera.cc and its driver are not in it.
#include "camera.h"

#if !CUTPOINT_CAMERA

namespace cutpoint::esp32 {

bool Camera::built_in() { return false; }

bool Camera::begin(bool, device::Sentence& why) {
  why = device::Sentence("This firmware was built without a camera.");
  return false;
}

void Camera::end() {}

bool Camera::grab(CameraPicture& picture, device::Sentence& why) {
  picture = CameraPicture();
  why = device::Sentence("This firmware was built without a camera.");
  return false;
}

void Camera::release(CameraPicture& picture) { picture = CameraPicture(); }

}  // namespace cutpoint::esp32

#endif
