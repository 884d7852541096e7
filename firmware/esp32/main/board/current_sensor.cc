#include "current_sensor.h"

#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "i2c_register.h"
#include "measures.h"
#include "sdkconfig.h"

namespace cutpoint::esp32 {
namespace {

using device::InaRegister;

constexpr uint8_t kBoardPin = 255;  // of the settings: the board's own
constexpr uint32_t kTaskStackBytes = 2560;
constexpr UBaseType_t kTaskPriority = 10;  // a sample is short, and late ones would be wrong ones
constexpr uint32_t kSettleMs = 10;         // the first conversion

portMUX_TYPE energy_lock = portMUX_INITIALIZER_UNLOCKED;

bool read(InaRegister which, uint16_t& value) { return read_register(static_cast<uint8_t>(which), value); }
bool write(InaRegister which, uint16_t value) { return write_register(static_cast<uint8_t>(which), value); }

int pin(uint8_t setting, int board) { return setting == kBoardPin ? board : setting; }

const char* name_of(device::CurrentSensor kind) {
  return kind == device::CurrentSensor::kIna219 ? "INA219" : "INA226";
}

}  // namespace

bool CurrentSensor::begin(const device::Settings& settings, device::Sentence& why) {
  why.clear();
  kind_ = settings.ina;
  if (kind_ == device::CurrentSensor::kNone) {
    return false;
  }
  const int sda = pin(settings.ina_sda, CONFIG_CUTPOINT_I2C_SDA);
  const int scl = pin(settings.ina_scl, CONFIG_CUTPOINT_I2C_SCL);
  if (sda < 0 || scl < 0 || sda == scl) {
    why.add("This board has no I2C pins of its own: set ina_sda and ina_scl. Energy is modelled.");
    return false;
  }
  if (!device::ina_scale(kind_, settings.ina_shunt, scale_)) {
    why.add("ina_shunt must be the shunt's resistance in milliohm. Energy is modelled.");
    return false;
  }
  if (!begin_i2c(sda, scl, settings.ina_addr)) {
    why.add("The I2C bus cannot be used on the pins ").add(static_cast<uint32_t>(sda)).add(" and ");
    why.add(static_cast<uint32_t>(scl)).add(". Energy is modelled.");
    return false;
  }
  if (!find(why)) {
    return false;
  }
  TaskHandle_t task = nullptr;
  if (xTaskCreate(&CurrentSensor::run, "current", kTaskStackBytes, this, kTaskPriority, &task) != pdPASS) {
    why.add("There is no memory to sample the current sensor. Energy is modelled.");
    return false;
  }
  watch_stack(task);
  present_ = true;
  return true;
}

bool CurrentSensor::find(device::Sentence& why) {
  uint16_t value = 0;
  bool right = write(InaRegister::kConfiguration, device::kInaReset);
  if (right && kind_ == device::CurrentSensor::kIna226) {
    uint16_t die = 0;
    right = read(InaRegister::kManufacturer, value) && value == device::kIna226Manufacturer &&
            read(InaRegister::kDie, die) && (die & 0xFFF0u) == device::kIna226Die;
  } else if (right) {
    right = read(InaRegister::kConfiguration, value) && value == device::kIna219ResetConfiguration;
  }
  right = right && write(InaRegister::kConfiguration, scale_.configuration) &&
          write(InaRegister::kCalibration, scale_.calibration);
  if (!right) {
    why.add("No ").add(name_of(kind_)).add(" answers on I2C: check ina, ina_addr and its wires. Energy is modelled.");
  }
  return right;
}

void CurrentSensor::run(void* self) {
  auto& sensor = *static_cast<CurrentSensor*>(self);
  vTaskDelay(pdMS_TO_TICKS(kSettleMs));
  TickType_t last = xTaskGetTickCount();
  for (;;) {
    const bool good = sensor.sample();
    if (!good) {
      portENTER_CRITICAL(&energy_lock);
      sensor.energy_.missed();
      portEXIT_CRITICAL(&energy_lock);
    }
    xTaskDelayUntil(&last, pdMS_TO_TICKS(kCurrentSampleMs));
  }
}

bool CurrentSensor::sample() {
  uint16_t bus = 0;
  uint16_t power = 0;
  uint32_t mv = 0;
  // The bus voltage first: on an INA219 it carries the overflow bit, and reading the power clears its ready bit.
  if (!read(InaRegister::kBusVoltage, bus) || !device::ina_bus_mv(kind_, bus, mv) ||
      !read(InaRegister::kPower, power)) {
    has_power_ = false;
    return false;
  }
  const uint32_t uw = device::ina_power_uw(scale_, power);
  const auto now_us = static_cast<uint64_t>(esp_timer_get_time());
  portENTER_CRITICAL(&energy_lock);
  energy_.sample(uw, now_us);
  portEXIT_CRITICAL(&energy_lock);
  power_uw_ = uw;
  has_power_ = true;
  return true;
}

bool CurrentSensor::take_energy(uint32_t& uj) {
  portENTER_CRITICAL(&energy_lock);
  const bool good = energy_.take(uj);
  portEXIT_CRITICAL(&energy_lock);
  return good && present_;
}

bool CurrentSensor::power_uw(uint32_t& uw) const {
  uw = power_uw_;
  return present_ && has_power_;
}

}  // namespace cutpoint::esp32
