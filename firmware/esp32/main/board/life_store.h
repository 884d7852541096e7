// The record of the board's lives in the partition `state`, namespace `life`.
#ifndef CUTPOINT_ESP32_BOARD_LIFE_STORE_H_
#define CUTPOINT_ESP32_BOARD_LIFE_STORE_H_

#include "device/life/record.h"

namespace cutpoint::esp32 {

// A board without a record, or with one that cannot be read, has never booted.
device::LifeRecord load_life();
// False when flash does not take it; the log says so.
bool store_life(const device::LifeRecord& record);

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_BOARD_LIFE_STORE_H_
