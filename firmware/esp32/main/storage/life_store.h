// A board's memory of its lives, in the NVS partition `state`.
#ifndef CUTPOINT_ESP32_STORAGE_LIFE_STORE_H_
#define CUTPOINT_ESP32_STORAGE_LIFE_STORE_H_

#include "device/life/record.h"

namespace cutpoint::esp32 {

// False when there is none yet, or none that can be read: the record is then that of a board that never booted.
bool load_life(device::LifeRecord& record);
// Replaced as one; false when flash fails.
bool store_life(const device::LifeRecord& record);

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_STORAGE_LIFE_STORE_H_
