// SHA-256 by the chip's accelerator: mbedTLS up to ESP-IDF 5, PSA from 6 on, where mbedTLS no longer offers its own.
#ifndef CUTPOINT_ESP32_STORAGE_SHA256_H_
#define CUTPOINT_ESP32_STORAGE_SHA256_H_

#include "device/slot/hash.h"
#include "esp_idf_version.h"

#if ESP_IDF_VERSION_MAJOR >= 6
#include "psa/crypto.h"
#else
#include "mbedtls/sha256.h"
#endif

namespace cutpoint::esp32 {

class Sha256 final : public device::Hash {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  bool reset() override;
  bool update(Bytes bytes) override;
  bool finish(uint8_t (&digest)[device::kSha256Bytes]) override;

 private:
#if ESP_IDF_VERSION_MAJOR >= 6
  psa_hash_operation_t operation_;
#else
  mbedtls_sha256_context context_;
#endif
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_STORAGE_SHA256_H_
