#include "reset_reason.h"

#include "esp_system.h"
#include "panic_note.h"

namespace cutpoint::esp32 {
namespace {

device::ResetCause cause_of(esp_reset_reason_t reason) {
  switch (reason) {
    case ESP_RST_POWERON:
      return device::ResetCause::kPowerOn;
    case ESP_RST_EXT:
      return device::ResetCause::kPin;
    case ESP_RST_SW:
      return device::ResetCause::kSoftware;
    case ESP_RST_PANIC:
      return device::ResetCause::kPanic;
    case ESP_RST_INT_WDT:
      return device::ResetCause::kInterruptWatchdog;
    case ESP_RST_TASK_WDT:
      return device::ResetCause::kTaskWatchdog;
    case ESP_RST_WDT:
      return device::ResetCause::kOtherWatchdog;
    case ESP_RST_DEEPSLEEP:
      return device::ResetCause::kDeepSleep;
    case ESP_RST_BROWNOUT:
      return device::ResetCause::kBrownout;
    case ESP_RST_USB:
      return device::ResetCause::kUsb;
    case ESP_RST_JTAG:
      return device::ResetCause::kDebugger;
    case ESP_RST_CPU_LOCKUP:
      return device::ResetCause::kCpuLockup;
    case ESP_RST_PWR_GLITCH:
      return device::ResetCause::kPowerGlitch;
    default:
      return device::ResetCause::kUnknown;
  }
}

}  // namespace

device::Start read_start() {
  device::Start start;
  start.cause = cause_of(esp_reset_reason());
  bool watchdog = false;
  if (take_panic_note(start.crash, watchdog)) {
    // The chip may have forgotten (an emulator's does): the note knows that there was a panic.
    if (!device::is_death(start.cause)) {
      start.cause = device::ResetCause::kPanic;
    }
    if (watchdog && start.cause == device::ResetCause::kPanic) {
      start.cause = device::ResetCause::kTaskWatchdog;
    }
  }
  return start;
}

}  // namespace cutpoint::esp32
