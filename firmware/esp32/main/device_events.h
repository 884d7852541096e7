// What the device's task tells while it works: for the console, which prints it for people and machines.
#ifndef CUTPOINT_ESP32_DEVICE_EVENTS_H_
#define CUTPOINT_ESP32_DEVICE_EVENTS_H_

#include <stdint.h>

#include "core/session/action.h"
#include "core/span.h"

namespace cutpoint::esp32 {

struct AnswerReport {
  const Delivery& delivery;
  uint32_t total_us;    // from the picture in the input to the answer
  uint32_t device_us;   // of operators that ran here
  bool has_outputs;     // the device answered: outputs_crc means something
  uint32_t outputs_crc;  // CRC-32 over the output tensors in the network's order
};

// Called from the device's task, between inferences; must not call it back, and not wait.
class DeviceEvents {
 public:
  // Connected for the first time in this life.
  virtual void ready() = 0;
  virtual void answered(const AnswerReport& report) = 0;
  // The JSON that also goes to the note topic.
  virtual void noted(const char* json) = 0;
  virtual void identify() = 0;

 protected:
  ~DeviceEvents() = default;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_DEVICE_EVENTS_H_
