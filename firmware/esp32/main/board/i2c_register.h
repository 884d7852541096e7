// Registers of 16 bits of one I2C device, most significant byte first.
#ifndef CUTPOINT_ESP32_BOARD_I2C_REGISTER_H_
#define CUTPOINT_ESP32_BOARD_I2C_REGISTER_H_

#include <stdint.h>

namespace cutpoint::esp32 {

// Port 0, 100 kHz. The bus is made once and never given back.
bool begin_i2c(int sda, int scl, uint8_t address);
// False when the device does not answer within 20 ms.
bool read_register(uint8_t number, uint16_t& value);
bool write_register(uint8_t number, uint16_t value);

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_BOARD_I2C_REGISTER_H_
