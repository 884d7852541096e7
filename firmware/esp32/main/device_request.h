// What another task, the console's, asks of the device's task.
#ifndef CUTPOINT_ESP32_DEVICE_REQUEST_H_
#define CUTPOINT_ESP32_DEVICE_REQUEST_H_

#include <stdint.h>

namespace cutpoint::esp32 {

enum class RequestKind : uint8_t {
  kCut,      // value: the cut to hold, whatever plans say, at most K; kFollowPlans: follow plans again
  kBench,    // value: whole inferences on the device, one after the other; told by DeviceEvents::said
  kForgive,  // settings were saved: what killed the lives before may be mended
  kRestart,
  kHang,     // never feed the watchdog again: it restarts the board
};

constexpr uint32_t kFollowPlans = 0xFFFFFFFF;

struct DeviceRequest {
  RequestKind kind;
  uint32_t value;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_DEVICE_REQUEST_H_
