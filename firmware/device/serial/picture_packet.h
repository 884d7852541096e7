// Pictures on a serial line: "CPIX", u32 bytes, u32 CRC-32 of the data, data: the input tensors as they are in memory.
#ifndef CUTPOINT_DEVICE_SERIAL_PICTURE_PACKET_H_
#define CUTPOINT_DEVICE_SERIAL_PICTURE_PACKET_H_

#include <stddef.h>
#include <stdint.h>

#include "../../core/bytes.h"

namespace cutpoint::device {

constexpr size_t kPictureMagicBytes = 4;
constexpr uint8_t kPictureMagic[kPictureMagicBytes] = {'C', 'P', 'I', 'X'};
constexpr size_t kPictureHeadBytes = 12;
constexpr uint32_t kMostPictureBytes = 1 << 20;  // no board's input is larger; more is no packet

// The head of a packet with this data.
void write_picture_head(Bytes data, uint8_t (&head)[kPictureHeadBytes]);

// Where a picture is put. Called from the demultiplexer's own calls.
class PictureSink {
 public:
  // Memory of exactly `bytes` for a picture to come, empty when none of this size is taken now; `why` then says why.
  virtual MutableBytes begin_picture(uint32_t bytes, const char*& why) = 0;
  // It is there and its CRC is right, or it never will be.
  virtual void end_picture(bool good) = 0;

 protected:
  ~PictureSink() = default;
};

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_SERIAL_PICTURE_PACKET_H_
