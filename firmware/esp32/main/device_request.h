// What another task, the console's, asks of the device's task.
#ifndef CUTPOINT_ESP32_DEVICE_REQUEST_H_
#define CUTPOINT_ESP32_DEVICE_REQUEST_H_

#include <stdint.h>

#include "device/sentence.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

namespace cutpoint::esp32 {

enum class RequestKind : uint8_t {
  kCut,      // value: the cut to hold, whatever plans say; 65535: follow plans again
  kBench,    // value: whole inferences on the device, one after the other
  kRestart,
  kHang,     // never feed the watchdog again: it restarts the board
};

struct DeviceRequest {
  RequestKind kind;
  uint32_t value;

  // The answer.
  bool ok = false;
  device::Sentence text;
  uint32_t least_us = 0;  // of a bench
  uint32_t mean_us = 0;
  uint32_t most_us = 0;
  SemaphoreHandle_t done = nullptr;  // set by who asks, given when the answer stands
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_DEVICE_REQUEST_H_
