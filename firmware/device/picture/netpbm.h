// A picture in the simplest file that says its own size: binary PGM (grey, "P5") or PPM (red, green, blue, "P6") of 8 bits.
#ifndef CUTPOINT_DEVICE_PICTURE_NETPBM_H_
#define CUTPOINT_DEVICE_PICTURE_NETPBM_H_

#include "picture.h"

namespace cutpoint::device {

// Points into the file. False for anything else, a side of 0 or above kMostPictureSide, a maximum other than 255, or
// fewer bytes than the size asks for.
bool read_netpbm(Bytes file, PictureView& picture);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_PICTURE_NETPBM_H_
