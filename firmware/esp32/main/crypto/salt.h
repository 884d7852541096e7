// The random part of this life's nonces.
#ifndef CUTPOINT_ESP32_CRYPTO_SALT_H_
#define CUTPOINT_ESP32_CRYPTO_SALT_H_

#include <stdint.h>

namespace cutpoint::esp32 {

// Truly random although no radio runs yet, whose noise feeds the generator otherwise. Only at the start: before Wi-Fi, ADC,
// temperature sensor, I2S and camera are begun.
uint32_t draw_salt();

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_CRYPTO_SALT_H_
