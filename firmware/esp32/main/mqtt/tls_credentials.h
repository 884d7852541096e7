// What a TLS connection is made with: the CA bundle, an own CA, a client certificate, or a pre-shared key.
#ifndef CUTPOINT_ESP32_MQTT_TLS_CREDENTIALS_H_
#define CUTPOINT_ESP32_MQTT_TLS_CREDENTIALS_H_

#include <stddef.h>

#include "device/sentence.h"
#include "device/settings/identity.h"
#include "device/settings/settings.h"
#include "esp_tls.h"
#include "esp_transport.h"

namespace cutpoint::esp32 {

// Reads the PEM texts that are needed out of NVS into memory of their own, once; the connection refers to them for as
// long as the program runs. Holds pointers to the settings.
class TlsCredentials {
 public:
  // False, with the sentence, when a text cannot be read or there is no memory for it.
  bool begin(const device::Settings& settings, device::Trust trust, device::Sentence& why);
  void apply(esp_transport_handle_t ssl) const;

 private:
  char* ca_ = nullptr;
  char* certificate_ = nullptr;
  char* key_ = nullptr;
  size_t ca_bytes_ = 0;
  size_t certificate_bytes_ = 0;
  size_t key_bytes_ = 0;
  const psk_hint_key_t* psk_ = nullptr;
  bool bundle_ = false;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_MQTT_TLS_CREDENTIALS_H_
