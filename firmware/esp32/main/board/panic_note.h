// What the panic handler leaves for the next life, in RTC memory that a restart does not clear.
#ifndef CUTPOINT_ESP32_BOARD_PANIC_NOTE_H_
#define CUTPOINT_ESP32_BOARD_PANIC_NOTE_H_

#include "device/life/life.h"

namespace cutpoint::esp32 {

// Once at boot: what was left, which is then gone. False when there is nothing, or nothing that its checksum vouches for
// (after a power cut RTC memory holds anything).
// `watchdog`: the task watchdog was it, whatever the chip says of its reset.
bool take_panic_note(device::Crash& crash, bool& watchdog);

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_BOARD_PANIC_NOTE_H_
