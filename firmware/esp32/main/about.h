// The retained JSON that says what this device is (docs/protocol.md, About).
#ifndef CUTPOINT_ESP32_ABOUT_H_
#define CUTPOINT_ESP32_ABOUT_H_

#include "core/frame/header.h"
#include "core/span.h"
#include "device/settings/settings.h"

namespace cutpoint::esp32 {

struct AboutFields {
  ModelId model;
  uint16_t on_board;
  uint32_t boot;
  size_t max_payload;  // bytes of a frame
  const char* reset;   // why this life began
  bool safe_mode;
  device::UpdatePolicy update;
  uint32_t slot_bytes;
};

// Writes into `to`, with a final zero; the result leaves that out. Free memory is that of the moment.
Bytes write_about(const AboutFields& fields, Span<char> to);

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_ABOUT_H_
