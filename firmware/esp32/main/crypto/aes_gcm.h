// AES-256-GCM for sealed frames: mbedTLS up to ESP-IDF 5, PSA from 6 on. Both use the chip's AES accelerator.
#ifndef CUTPOINT_ESP32_CRYPTO_AES_GCM_H_
#define CUTPOINT_ESP32_CRYPTO_AES_GCM_H_

#include "core/cipher/cipher.h"
#include "esp_idf_version.h"

#if ESP_IDF_VERSION_MAJOR >= 6
#include "psa/crypto.h"
#else
#include "mbedtls/gcm.h"
#endif

namespace cutpoint::esp32 {

// Not thread-safe: the device's task alone.
class AesGcm final : public Cipher {
 public:
  AesGcm();
  ~AesGcm();
  AesGcm(const AesGcm&) = delete;
  AesGcm& operator=(const AesGcm&) = delete;

  // Once. False when the key cannot be taken.
  bool begin(const uint8_t (&key)[kKeyBytes]);

  bool seal(const uint8_t (&nonce)[kNonceBytes], Bytes aad, MutableBytes text, uint8_t (&tag)[kTagBytes]) override;
  bool open(const uint8_t (&nonce)[kNonceBytes], Bytes aad, MutableBytes text,
            const uint8_t (&tag)[kTagBytes]) override;

 private:
#if ESP_IDF_VERSION_MAJOR >= 6
  psa_key_id_t key_ = 0;
#else
  mbedtls_gcm_context context_;
#endif
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_CRYPTO_AES_GCM_H_
