// What the device's task tells while it works: for the console, which prints it for people and machines.
#ifndef CUTPOINT_ESP32_DEVICE_EVENTS_H_
#define CUTPOINT_ESP32_DEVICE_EVENTS_H_

#include "device/report/lines.h"

namespace cutpoint::esp32 {

// Called from the device's task, between inferences; must not call it back, and not wait.
class DeviceEvents {
 public:
  // Connected for the first time in this life.
  virtual void ready() = 0;
  virtual void answered(const device::AnswerLine& answer) = 0;
  // The JSON that also goes to the note topic.
  virtual void noted(device::Text json) = 0;
  // An answer to a request.
  virtual void said(const device::Sentence& sentence) = 0;
  virtual void identify() = 0;

 protected:
  ~DeviceEvents() = default;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_DEVICE_EVENTS_H_
