// Where an API of ESP-IDF moved or changed between 5.1 and 6.x, as far as this application meets it.
//
//   what                                   until              from
//   -------------------------------------  -----------------  ---------------------------------------------------
//   esp-mqtt                               in ESP-IDF (5.x)   component espressif/mqtt (6.0), same API
//   AES-GCM, SHA-256                       mbedTLS 3 (5.x)    PSA, mbedTLS 4 (6.0): crypto/aes_gcm, storage/sha256
//   headers of drivers                     `driver` (5.2)     esp_driver_gpio, _i2c, _tsens, _uart (5.3)
//   OpenCores Ethernet                     esp_eth_mac.h      esp_eth_mac_openeth.h (5.3)
//   pins of the EMAC's SMI                 two fields (5.2)   smi_gpio (5.3)
//   drivers of single Ethernet PHYs        esp_eth (5.x)      components of their own (6.0); a generic one (5.4)
//   esp_transport_get_socket               exported only      esp_transport.h (5.5)
//
// Provisioning and cJSON left the core in 6.0 as well; neither is used.
#ifndef CUTPOINT_ESP32_IDF_COMPAT_H_
#define CUTPOINT_ESP32_IDF_COMPAT_H_

#include "esp_idf_version.h"

#define CUTPOINT_IDF_AT_LEAST(major, minor) (ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(major, minor, 0))

#if !CUTPOINT_IDF_AT_LEAST(5, 1)
#error "ESP-IDF 5.1 or newer is needed."
#endif

#endif  // CUTPOINT_ESP32_IDF_COMPAT_H_
