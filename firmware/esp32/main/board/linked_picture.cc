#include "linked_picture.h"

#include "device/picture/netpbm.h"

// main/CMakeLists.txt puts the file there.
extern const uint8_t linked_picture_start[] asm("_binary_cutpoint_picture_start");
extern const uint8_t linked_picture_end[] asm("_binary_cutpoint_picture_end");

namespace cutpoint::esp32 {

bool linked_picture(device::PictureView& picture) {
  return device::read_netpbm(Bytes(linked_picture_start, static_cast<size_t>(linked_picture_end - linked_picture_start)),
                             picture);
}

}  // namespace cutpoint::esp32
