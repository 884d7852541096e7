// SHA-256 as FIPS 180-4 writes it down, for the tests: on boards the chip does it.
#ifndef CUTPOINT_TESTS_REFERENCE_SHA256_H_
#define CUTPOINT_TESTS_REFERENCE_SHA256_H_

#include <array>
#include <cstdint>
#include <vector>

#include "slot/hash.h"

namespace cutpoint::device {

class ReferenceSha256 final : public Hash {
 public:
  bool reset() override {
    bytes_.clear();
    return true;
  }
  bool update(Bytes bytes) override {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return true;
  }
  bool finish(uint8_t (&digest)[kSha256Bytes]) override {
    std::array<uint32_t, 8> state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    const uint64_t bits = 8 * static_cast<uint64_t>(bytes_.size());
    bytes_.push_back(0x80);
    while (bytes_.size() % 64 != 56) {
      bytes_.push_back(0);
    }
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes_.push_back(static_cast<uint8_t>(bits >> shift));
    }
    for (size_t at = 0; at < bytes_.size(); at += 64) {
      block(&bytes_[at], state);
    }
    for (size_t i = 0; i < 32; ++i) {
      digest[i] = static_cast<uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
    }
    return true;
  }

 private:
  static uint32_t turn(uint32_t x, int n) { return (x >> n) | (x << (32 - n)); }

  static void block(const uint8_t* bytes, std::array<uint32_t, 8>& state) {
    static constexpr uint32_t k[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
    uint32_t w[64];
    for (int i = 0; i < 16; ++i) {
      w[i] = static_cast<uint32_t>(bytes[4 * i]) << 24 | static_cast<uint32_t>(bytes[4 * i + 1]) << 16 |
             static_cast<uint32_t>(bytes[4 * i + 2]) << 8 | bytes[4 * i + 3];
    }
    for (int i = 16; i < 64; ++i) {
      const uint32_t s0 = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >> 3);
      const uint32_t s1 = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    std::array<uint32_t, 8> s = state;
    for (int i = 0; i < 64; ++i) {
      const uint32_t one = s[7] + (turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25)) +
                           ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
      const uint32_t two = (turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22)) +
                           ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
      s = {one + two, s[0], s[1], s[2], s[3] + one, s[4], s[5], s[6]};
    }
    for (size_t i = 0; i < 8; ++i) {
      state[i] += s[i];
    }
  }

  std::vector<uint8_t> bytes_;
};

inline std::array<uint8_t, kSha256Bytes> sha256(Bytes bytes) {
  ReferenceSha256 hash;
  hash.update(bytes);
  uint8_t digest[kSha256Bytes];
  hash.finish(digest);
  std::array<uint8_t, kSha256Bytes> result;
  std::copy(digest, digest + kSha256Bytes, result.begin());
  return result;
}

}  // namespace cutpoint::device

#endif  // CUTPOINT_TESTS_REFERENCE_SHA256_H_
