// Registers of the current sensors INA219 and INA226, as figures in micro-units.
//
// Sources: Texas Instruments, INA219 (SBOS448G) and INA226 (SBOS547A), sections "Programming" and "Register Maps".
#ifndef CUTPOINT_DEVICE_MEASURE_CURRENT_SENSOR_H_
#define CUTPOINT_DEVICE_MEASURE_CURRENT_SENSOR_H_

#include <stdint.h>

#include "../settings/choices.h"

namespace cutpoint::device {

// Registers, 16 bits, most significant byte first; the same in both.
enum class InaRegister : uint8_t {
  kConfiguration = 0,
  kShuntVoltage = 1,
  kBusVoltage = 2,
  kPower = 3,
  kCurrent = 4,
  kCalibration = 5,
  kManufacturer = 0xFE,  // INA226 alone
  kDie = 0xFF,           // INA226 alone
};
constexpr uint16_t kIna226Manufacturer = 0x5449;  // "TI"
constexpr uint16_t kIna226Die = 0x2260;           // the low 4 bits are its revision
constexpr uint16_t kIna219ResetConfiguration = 0x399F;  // what it reads after power on: how it is recognised
constexpr uint16_t kInaReset = 0x8000;                  // of the configuration

// The setting up of one sensor with its shunt.
struct InaScale {
  uint16_t configuration;   // continuous, shunt and bus, one conversion in about 9 ms
  uint16_t calibration;     // of register 5
  uint32_t current_lsb_na;  // nA that one step of register 4 stands for
  uint32_t power_lsb_nw;    // nW that one step of register 3 stands for
};

// One step of the current is what one step of the shunt's voltage makes of it, so the whole range of the shunt input is
// used: 320 mV (INA219) or 81.92 mV (INA226). False for no sensor or a shunt of 0; shunt_mohm is what is printed on it.
bool ina_scale(CurrentSensor sensor, uint16_t shunt_mohm, InaScale& scale);

// CAL = trunc(0.04096 / (Current_LSB x R)) for INA219, trunc(0.00512 / (Current_LSB x R)) for INA226; 0 when it does not
// fit the register.
uint16_t ina_calibration(CurrentSensor sensor, uint32_t current_lsb_na, uint16_t shunt_mohm);

// What register 4 and 3 hold when these are in the others: the sensor's own arithmetic, for tests and simulations.
int32_t ina_current_register(CurrentSensor sensor, int16_t shunt_register, uint16_t calibration);
int32_t ina_power_register(CurrentSensor sensor, int32_t current_register, uint16_t bus_register);

int32_t ina_current_ua(const InaScale& scale, int16_t current_register);
// The INA219 says in bit 0 that current or power overflowed: false then.
bool ina_bus_mv(CurrentSensor sensor, uint16_t bus_register, uint32_t& mv);
// Power is never negative: a current that flows backwards (charging) reads as its magnitude in register 3 of both.
uint32_t ina_power_uw(const InaScale& scale, uint16_t power_register);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_MEASURE_CURRENT_SENSOR_H_
