// The settings that are one word of a few. In NVS they are one byte: the place of the word in its list, from 0.
#ifndef CUTPOINT_DEVICE_SETTINGS_CHOICES_H_
#define CUTPOINT_DEVICE_SETTINGS_CHOICES_H_

#include <stdint.h>

namespace cutpoint::device {

enum class WifiPower : uint8_t { kNone = 0, kMin = 1, kMax = 2 };  // power-save mode of the station
enum class InputChoice : uint8_t { kAuto = 0, kNone = 1, kCamera = 2, kSerial = 3, kLinked = 4 };
enum class UpdatePolicy : uint8_t { kOff = 0, kModel = 1, kAll = 2 };  // what may be replaced over MQTT
enum class CurrentSensor : uint8_t { kNone = 0, kIna219 = 1, kIna226 = 2 };
enum class LogLevel : uint8_t { kNone = 0, kError = 1, kWarn = 2, kInfo = 3, kDebug = 4 };

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_SETTINGS_CHOICES_H_
