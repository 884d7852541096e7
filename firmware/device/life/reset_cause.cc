#include "reset_cause.h"

namespace cutpoint::device {

const char* reset_name(ResetCause cause) {
  switch (cause) {
    case ResetCause::kUnknown:
      return "unknown";
    case ResetCause::kPowerOn:
      return "power on";
    case ResetCause::kPin:
      return "reset pin";
    case ResetCause::kSoftware:
      return "software";
    case ResetCause::kPanic:
      return "panic";
    case ResetCause::kInterruptWatchdog:
      return "interrupt watchdog";
    case ResetCause::kTaskWatchdog:
      return "task watchdog";
    case ResetCause::kOtherWatchdog:
      return "other watchdog";
    case ResetCause::kDeepSleep:
      return "deep sleep";
    case ResetCause::kBrownout:
      return "brownout";
    case ResetCause::kUsb:
      return "USB";
    case ResetCause::kDebugger:
      return "debugger";
    case ResetCause::kCpuLockup:
      return "CPU lock-up";
    case ResetCause::kPowerGlitch:
      return "power glitch";
  }
  return "unknown";
}

bool is_death(ResetCause cause) {
  switch (cause) {
    case ResetCause::kPanic:
    case ResetCause::kInterruptWatchdog:
    case ResetCause::kTaskWatchdog:
    case ResetCause::kOtherWatchdog:
    case ResetCause::kBrownout:
    case ResetCause::kCpuLockup:
    case ResetCause::kPowerGlitch:
      return true;
    case ResetCause::kUnknown:
    case ResetCause::kPowerOn:
    case ResetCause::kPin:
    case ResetCause::kSoftware:
    case ResetCause::kDeepSleep:
    case ResetCause::kUsb:
    case ResetCause::kDebugger:
      return false;
  }
  return false;
}

}  // namespace cutpoint::device
