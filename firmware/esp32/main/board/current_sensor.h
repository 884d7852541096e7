// An INA219 or INA226 in the board's supply, sampled by a task of its own.
#ifndef CUTPOINT_ESP32_BOARD_CURRENT_SENSOR_H_
#define CUTPOINT_ESP32_BOARD_CURRENT_SENSOR_H_

#include <stdint.h>

#include "device/measure/current_sensor.h"
#include "device/measure/energy.h"
#include "device/sentence.h"
#include "device/settings/settings.h"

namespace cutpoint::esp32 {

constexpr uint32_t kCurrentSampleMs = 10;  // the sensor's own mean is over about 9 ms

// One for the program.
class CurrentSensor {
 public:
  // Finds and sets up the sensor that the settings name. False, with the sentence, when it is not there: energy is
  // modelled then. With `ina none` false and no sentence.
  bool begin(const device::Settings& settings, device::Sentence& why);
  bool present() const { return present_; }

  // uJ since the last take; false when samples are missing.
  bool take_energy(uint32_t& uj);
  // The newest sample; false when there is none.
  bool power_uw(uint32_t& uw) const;

 private:
  static void run(void* self);
  bool find(device::Sentence& why);
  bool sample();

  device::CurrentSensor kind_ = device::CurrentSensor::kNone;
  device::InaScale scale_ = {};
  device::MeasuredEnergy energy_;
  volatile bool present_ = false;
  volatile bool has_power_ = false;
  volatile uint32_t power_uw_ = 0;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_BOARD_CURRENT_SENSOR_H_
