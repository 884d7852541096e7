// Why this life began, and what the panic handler of the one before left behind.
#ifndef CUTPOINT_ESP32_BOARD_RESET_REASON_H_
#define CUTPOINT_ESP32_BOARD_RESET_REASON_H_

#include "device/life/life.h"

namespace cutpoint::esp32 {

// Once at boot; the note of the panic handler is erased by it. `app_on_trial` is filled by the caller.
device::Start read_start();

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_BOARD_RESET_REASON_H_
