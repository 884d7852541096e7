#include "tls_credentials.h"

#include <stdlib.h>

#include <new>

#include "../storage/nvs_settings.h"
#include "esp_crt_bundle.h"
#include "esp_heap_caps.h"
#include "esp_transport_ssl.h"

namespace cutpoint::esp32 {
namespace {

// PSRAM when there is any: a text is only read while a connection is made.
char* read_pem(const char* key, size_t stored_bytes, size_t& bytes, device::Sentence& why) {
  const size_t room = stored_bytes + 1;
  void* memory = heap_caps_malloc_prefer(room, 2, MALLOC_CAP_SPIRAM, MALLOC_CAP_DEFAULT);
  char* text = static_cast<char*>(memory);
  bytes = text == nullptr ? 0 : read_text(key, text, room);
  if (bytes == 0) {
    heap_caps_free(text);
    why.clear();
    why.add("The setting ").add(key).add(" cannot be read: write it again with cutpoint provision.");
    return nullptr;
  }
  return text;
}

}  // namespace

bool TlsCredentials::begin(const device::Settings& settings, device::Trust trust, device::Sentence& why) {
  if (trust == device::Trust::kPsk) {
    // Its fields are const, so it is made whole; of the program's lifetime.
    void* memory = malloc(sizeof(psk_hint_key_t));
    if (memory == nullptr) {
      why = device::Sentence("There is too little memory for the pre-shared key.");
      return false;
    }
    psk_ = new (memory) psk_hint_key_t{settings.tls_psk, settings.tls_psk_bytes, settings.tls_psk_id};
    return true;
  }
  if (trust == device::Trust::kOwnCa) {
    ca_ = read_pem("tls_ca", settings.tls_ca_bytes, ca_bytes_, why);
    if (ca_ == nullptr) {
      return false;
    }
  } else {
    bundle_ = true;
  }
  if (settings.tls_cert_bytes != 0 && settings.tls_key_bytes != 0) {
    certificate_ = read_pem("tls_cert", settings.tls_cert_bytes, certificate_bytes_, why);
    key_ = certificate_ == nullptr ? nullptr : read_pem("tls_key", settings.tls_key_bytes, key_bytes_, why);
    return key_ != nullptr;
  }
  return true;
}

void TlsCredentials::apply(esp_transport_handle_t ssl) const {
  if (psk_ != nullptr) {
    esp_transport_ssl_set_psk_key_hint(ssl, psk_);
  }
  if (ca_ != nullptr) {
    esp_transport_ssl_set_cert_data(ssl, ca_, static_cast<int>(ca_bytes_ - 1));
  }
  if (bundle_) {
    esp_transport_ssl_crt_bundle_attach(ssl, esp_crt_bundle_attach);
  }
  if (key_ != nullptr) {
    esp_transport_ssl_set_client_cert_data(ssl, certificate_, static_cast<int>(certificate_bytes_ - 1));
    esp_transport_ssl_set_client_key_data(ssl, key_, static_cast<int>(key_bytes_ - 1));
  }
}

}  // namespace cutpoint::esp32
