#include "sha256.h"

namespace cutpoint::esp32 {

#if ESP_IDF_VERSION_MAJOR >= 6

Sha256::Sha256() : operation_(psa_hash_operation_init()) {}

Sha256::~Sha256() { psa_hash_abort(&operation_); }

bool Sha256::reset() {
  // ESP-IDF initialises PSA at start; a second call costs nothing and helps a build that does not.
  return psa_crypto_init() == PSA_SUCCESS && psa_hash_abort(&operation_) == PSA_SUCCESS &&
         psa_hash_setup(&operation_, PSA_ALG_SHA_256) == PSA_SUCCESS;
}

bool Sha256::update(Bytes bytes) { return psa_hash_update(&operation_, bytes.data(), bytes.size()) == PSA_SUCCESS; }

bool Sha256::finish(uint8_t (&digest)[device::kSha256Bytes]) {
  size_t count = 0;
  return psa_hash_finish(&operation_, digest, sizeof digest, &count) == PSA_SUCCESS && count == sizeof digest;
}

#else

Sha256::Sha256() { mbedtls_sha256_init(&context_); }

Sha256::~Sha256() { mbedtls_sha256_free(&context_); }

bool Sha256::reset() {
  mbedtls_sha256_free(&context_);
  mbedtls_sha256_init(&context_);
  return mbedtls_sha256_starts(&context_, 0) == 0;  // 0: SHA-256, not SHA-224
}

bool Sha256::update(Bytes bytes) { return mbedtls_sha256_update(&context_, bytes.data(), bytes.size()) == 0; }

bool Sha256::finish(uint8_t (&digest)[device::kSha256Bytes]) { return mbedtls_sha256_finish(&context_, digest) == 0; }

#endif

}  // namespace cutpoint::esp32
