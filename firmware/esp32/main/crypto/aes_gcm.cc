#include "aes_gcm.h"

namespace cutpoint::esp32 {

#if ESP_IDF_VERSION_MAJOR >= 6

AesGcm::AesGcm() { psa_crypto_init(); }

AesGcm::~AesGcm() {
  if (key_ != 0) {
    psa_destroy_key(key_);
  }
}

bool AesGcm::begin(const uint8_t (&key)[kKeyBytes]) {
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
  psa_set_key_bits(&attributes, 256);
  psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT);
  psa_set_key_algorithm(&attributes, PSA_ALG_GCM);
  return psa_import_key(&attributes, key, sizeof key, &key_) == PSA_SUCCESS;
}

// In parts, because the one-call functions want the tag right behind the ciphertext.
bool AesGcm::seal(const uint8_t (&nonce)[kNonceBytes], Bytes aad, MutableBytes text, uint8_t (&tag)[kTagBytes]) {
  psa_aead_operation_t operation = PSA_AEAD_OPERATION_INIT;
  size_t bytes = 0;
  size_t rest = 0;
  size_t tag_bytes = 0;
  const bool ok = psa_aead_encrypt_setup(&operation, key_, PSA_ALG_GCM) == PSA_SUCCESS &&
                  psa_aead_set_nonce(&operation, nonce, sizeof nonce) == PSA_SUCCESS &&
                  psa_aead_update_ad(&operation, aad.data(), aad.size()) == PSA_SUCCESS &&
                  psa_aead_update(&operation, text.data(), text.size(), text.data(), text.size(), &bytes) ==
                      PSA_SUCCESS &&
                  psa_aead_finish(&operation, text.data() + bytes, text.size() - bytes, &rest, tag, sizeof tag,
                                  &tag_bytes) == PSA_SUCCESS;
  psa_aead_abort(&operation);
  return ok && bytes + rest == text.size() && tag_bytes == sizeof tag;
}

bool AesGcm::open(const uint8_t (&nonce)[kNonceBytes], Bytes aad, MutableBytes text,
                  const uint8_t (&tag)[kTagBytes]) {
  psa_aead_operation_t operation = PSA_AEAD_OPERATION_INIT;
  size_t bytes = 0;
  size_t rest = 0;
  const bool ok = psa_aead_decrypt_setup(&operation, key_, PSA_ALG_GCM) == PSA_SUCCESS &&
                  psa_aead_set_nonce(&operation, nonce, sizeof nonce) == PSA_SUCCESS &&
                  psa_aead_update_ad(&operation, aad.data(), aad.size()) == PSA_SUCCESS &&
                  psa_aead_update(&operation, text.data(), text.size(), text.data(), text.size(), &bytes) ==
                      PSA_SUCCESS &&
                  psa_aead_verify(&operation, text.data() + bytes, text.size() - bytes, &rest, tag, sizeof tag) ==
                      PSA_SUCCESS;
  psa_aead_abort(&operation);
  return ok && bytes + rest == text.size();
}

#else

AesGcm::AesGcm() { mbedtls_gcm_init(&context_); }
AesGcm::~AesGcm() { mbedtls_gcm_free(&context_); }

bool AesGcm::begin(const uint8_t (&key)[kKeyBytes]) {
  return mbedtls_gcm_setkey(&context_, MBEDTLS_CIPHER_ID_AES, key, 8 * sizeof key) == 0;
}

bool AesGcm::seal(const uint8_t (&nonce)[kNonceBytes], Bytes aad, MutableBytes text, uint8_t (&tag)[kTagBytes]) {
  return mbedtls_gcm_crypt_and_tag(&context_, MBEDTLS_GCM_ENCRYPT, text.size(), nonce, sizeof nonce, aad.data(),
                                   aad.size(), text.data(), text.data(), sizeof tag, tag) == 0;
}

bool AesGcm::open(const uint8_t (&nonce)[kNonceBytes], Bytes aad, MutableBytes text,
                  const uint8_t (&tag)[kTagBytes]) {
  return mbedtls_gcm_auth_decrypt(&context_, text.size(), nonce, sizeof nonce, aad.data(), aad.size(), tag, sizeof tag,
                                  text.data(), text.data()) == 0;
}

#endif

}  // namespace cutpoint::esp32
