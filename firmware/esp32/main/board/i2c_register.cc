#include "i2c_register.h"

#include "idf_compat.h"

// The driver that the camera component uses as well (the older one up to 5.3): both together do not start.
#if CUTPOINT_IDF_AT_LEAST(5, 4)
#include "driver/i2c_master.h"
#else
#include "driver/i2c.h"
#include "freertos/FreeRTOS.h"
#endif

namespace cutpoint::esp32 {
namespace {

constexpr uint32_t kClockHz = 100'000;
constexpr int kTimeoutMs = 20;

#if CUTPOINT_IDF_AT_LEAST(5, 4)

i2c_master_bus_handle_t bus = nullptr;
i2c_master_dev_handle_t device = nullptr;

bool transmit(const uint8_t* bytes, size_t count) {
  return i2c_master_transmit(device, bytes, count, kTimeoutMs) == ESP_OK;
}

bool transmit_receive(const uint8_t* bytes, size_t count, uint8_t* to, size_t room) {
  return i2c_master_transmit_receive(device, bytes, count, to, room, kTimeoutMs) == ESP_OK;
}

#else

constexpr i2c_port_t kPort = I2C_NUM_0;
uint8_t device_address = 0;

bool transmit(const uint8_t* bytes, size_t count) {
  return i2c_master_write_to_device(kPort, device_address, bytes, count, pdMS_TO_TICKS(kTimeoutMs)) == ESP_OK;
}

bool transmit_receive(const uint8_t* bytes, size_t count, uint8_t* to, size_t room) {
  return i2c_master_write_read_device(kPort, device_address, bytes, count, to, room, pdMS_TO_TICKS(kTimeoutMs)) ==
         ESP_OK;
}

#endif

}  // namespace

#if CUTPOINT_IDF_AT_LEAST(5, 4)

bool begin_i2c(int sda, int scl, uint8_t address) {
  i2c_master_bus_config_t bus_config = {};
  bus_config.i2c_port = I2C_NUM_0;
  bus_config.sda_io_num = static_cast<gpio_num_t>(sda);
  bus_config.scl_io_num = static_cast<gpio_num_t>(scl);
  bus_config.clk_source = I2C_CLK_SRC_DEFAULT;
  bus_config.glitch_ignore_cnt = 7;
  bus_config.flags.enable_internal_pullup = true;
  i2c_device_config_t device_config = {};
  device_config.dev_addr_length = I2C_ADDR_BIT_LEN_7;
  device_config.device_address = address;
  device_config.scl_speed_hz = kClockHz;
  return i2c_new_master_bus(&bus_config, &bus) == ESP_OK &&
         i2c_master_bus_add_device(bus, &device_config, &device) == ESP_OK;
}

#else

bool begin_i2c(int sda, int scl, uint8_t address) {
  i2c_config_t config = {};
  config.mode = I2C_MODE_MASTER;
  config.sda_io_num = sda;
  config.scl_io_num = scl;
  config.sda_pullup_en = true;
  config.scl_pullup_en = true;
  config.master.clk_speed = kClockHz;
  device_address = address;
  return i2c_param_config(kPort, &config) == ESP_OK && i2c_driver_install(kPort, I2C_MODE_MASTER, 0, 0, 0) == ESP_OK;
}

#endif

bool read_register(uint8_t number, uint16_t& value) {
  uint8_t bytes[2] = {};
  if (!transmit_receive(&number, 1, bytes, sizeof bytes)) {
    return false;
  }
  value = static_cast<uint16_t>(bytes[0] << 8 | bytes[1]);
  return true;
}

bool write_register(uint8_t number, uint16_t value) {
  const uint8_t bytes[] = {number, static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value & 0xFFu)};
  return transmit(bytes, sizeof bytes);
}

}  // namespace cutpoint::esp32
