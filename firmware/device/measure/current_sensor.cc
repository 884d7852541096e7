#include "current_sensor.h"

namespace cutpoint::device {
namespace {

// INA219, register 0: bus range 32 V, gain /8 (320 mV), both converters mean over 8 samples of 12 bits (4.26 ms each),
// continuous shunt and bus.
constexpr uint16_t kIna219Configuration = 0x2000 | 0x1800 | 0x0B << 7 | 0x0B << 3 | 0x07;
constexpr uint32_t kIna219ShuntNv = 10'000;   // one step of register 1
constexpr uint32_t kIna219BusMv = 4;          // one step of register 2 from bit 3 on
constexpr uint64_t kIna219Scale = 40'960'000'000;  // 0.04096 V in pV: nA x milliohm
constexpr uint32_t kIna219PowerSteps = 20;    // of the current
constexpr int32_t kIna219CurrentDivisor = 4096;
constexpr int32_t kIna219PowerDivisor = 5000;
constexpr uint16_t kIna219Overflow = 0x0001;

// INA226, register 0: bit 14 is always set, mean over 4, 1.1 ms each for bus and shunt, continuous shunt and bus.
constexpr uint16_t kIna226Configuration = 0x4000 | 0x01 << 9 | 0x04 << 6 | 0x04 << 3 | 0x07;
constexpr uint32_t kIna226ShuntNv = 2'500;
constexpr uint32_t kIna226BusUv = 1'250;
constexpr uint64_t kIna226Scale = 5'120'000'000;  // 0.00512 V in pV
constexpr uint32_t kIna226PowerSteps = 25;
constexpr int32_t kIna226CurrentDivisor = 2048;
constexpr int32_t kIna226PowerDivisor = 20'000;

bool is_219(CurrentSensor sensor) { return sensor == CurrentSensor::kIna219; }

}  // namespace

uint16_t ina_calibration(CurrentSensor sensor, uint32_t current_lsb_na, uint16_t shunt_mohm) {
  const uint64_t product = static_cast<uint64_t>(current_lsb_na) * shunt_mohm;  // pV
  if (sensor == CurrentSensor::kNone || product == 0) {
    return 0;
  }
  const uint64_t value = (is_219(sensor) ? kIna219Scale : kIna226Scale) / product;
  return value > UINT16_MAX ? 0 : static_cast<uint16_t>(value);
}

bool ina_scale(CurrentSensor sensor, uint16_t shunt_mohm, InaScale& scale) {
  scale = InaScale();
  if (sensor == CurrentSensor::kNone || shunt_mohm == 0) {
    return false;
  }
  const uint32_t shunt_nv = is_219(sensor) ? kIna219ShuntNv : kIna226ShuntNv;
  scale.configuration = is_219(sensor) ? kIna219Configuration : kIna226Configuration;
  // nV / milliohm = uA. Rounded up: a smaller step would overflow the register before the shunt's input does.
  scale.current_lsb_na = (shunt_nv * 1000 + shunt_mohm - 1u) / shunt_mohm;
  scale.calibration = ina_calibration(sensor, scale.current_lsb_na, shunt_mohm);
  if (is_219(sensor)) {
    scale.calibration = static_cast<uint16_t>(scale.calibration & 0xFFFEu);  // its bit 0 is always 0
  }
  scale.power_lsb_nw = scale.current_lsb_na * (is_219(sensor) ? kIna219PowerSteps : kIna226PowerSteps);
  return scale.calibration != 0;
}

int32_t ina_current_register(CurrentSensor sensor, int16_t shunt_register, uint16_t calibration) {
  const int64_t product = static_cast<int64_t>(shunt_register) * calibration;
  return static_cast<int32_t>(product / (is_219(sensor) ? kIna219CurrentDivisor : kIna226CurrentDivisor));
}

int32_t ina_power_register(CurrentSensor sensor, int32_t current_register, uint16_t bus_register) {
  const uint32_t bus = is_219(sensor) ? bus_register >> 3u : bus_register;
  const int64_t product = static_cast<int64_t>(current_register) * static_cast<int64_t>(bus);
  const int64_t magnitude = product < 0 ? -product : product;
  return static_cast<int32_t>(magnitude / (is_219(sensor) ? kIna219PowerDivisor : kIna226PowerDivisor));
}

int32_t ina_current_ua(const InaScale& scale, int16_t current_register) {
  return static_cast<int32_t>(static_cast<int64_t>(current_register) * scale.current_lsb_na / 1000);
}

bool ina_bus_mv(CurrentSensor sensor, uint16_t bus_register, uint32_t& mv) {
  if (is_219(sensor)) {
    mv = (bus_register >> 3u) * kIna219BusMv;
    return (bus_register & kIna219Overflow) == 0;
  }
  mv = bus_register * kIna226BusUv / 1000;
  return true;
}

uint32_t ina_power_uw(const InaScale& scale, uint16_t power_register) {
  return static_cast<uint32_t>(static_cast<uint64_t>(power_register) * scale.power_lsb_nw / 1000);
}

}  // namespace cutpoint::device
