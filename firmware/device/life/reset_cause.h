// Why a life began, in the words of `about`, and which of these reasons mean that the one before died.
#ifndef CUTPOINT_DEVICE_LIFE_RESET_CAUSE_H_
#define CUTPOINT_DEVICE_LIFE_RESET_CAUSE_H_

#include <stdint.h>

namespace cutpoint::device {

// Kept in flash by number; append, never renumber.
enum class ResetCause : uint8_t {
  kUnknown = 0,
  kPowerOn = 1,
  kPin = 2,
  kSoftware = 3,   // esp_restart: a command, an update, a return
  kPanic = 4,
  kInterruptWatchdog = 5,
  kTaskWatchdog = 6,
  kOtherWatchdog = 7,
  kDeepSleep = 8,
  kBrownout = 9,
  kUsb = 10,
  kDebugger = 11,
  kCpuLockup = 12,
  kPowerGlitch = 13,
};
constexpr uint8_t kResetCauses = 14;

const char* reset_name(ResetCause cause);  // "power on", "task watchdog", ...

// The life before did not end on purpose or for want of power: panics, watchdogs, brownouts, lock-ups.
bool is_death(ResetCause cause);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_LIFE_RESET_CAUSE_H_
