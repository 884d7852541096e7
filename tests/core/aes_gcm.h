// AES-256-GCM for tests (FIPS 197, NIST SP 800-38D), so that every flipped bit meets a real tag. It is checked against
// the golden vectors, which `cryptography` made. Table-free, slow and not in constant time: never for a device.
#ifndef CUTPOINT_TESTS_AES_GCM_H_
#define CUTPOINT_TESTS_AES_GCM_H_

#include <array>
#include <cstring>
#include <vector>

#include "cipher/cipher.h"

namespace vectors {

using Block = std::array<uint8_t, 16>;

// x * y in GF(2^8) with the polynomial of AES.
inline uint8_t gf256_times(uint8_t x, uint8_t y) {
  uint8_t product = 0;
  for (; y != 0; y = static_cast<uint8_t>(y >> 1)) {
    product = static_cast<uint8_t>(product ^ ((y & 1) != 0 ? x : 0));
    x = static_cast<uint8_t>((x << 1) ^ ((x & 0x80) != 0 ? 0x1B : 0));
  }
  return product;
}

inline const std::array<uint8_t, 256>& sub_bytes() {
  static const std::array<uint8_t, 256> table = [] {
    std::array<uint8_t, 256> made{};
    for (int x = 0; x < 256; ++x) {
      int inverse = 0;
      while (x != 0 && gf256_times(static_cast<uint8_t>(x), static_cast<uint8_t>(inverse)) != 1) {
        ++inverse;
      }
      int b = inverse;
      for (int turn = 1; turn <= 4; ++turn) {
        b ^= ((inverse << turn) | (inverse >> (8 - turn))) & 0xFF;
      }
      made[static_cast<size_t>(x)] = static_cast<uint8_t>(b ^ 0x63);
    }
    return made;
  }();
  return table;
}

class AesGcm final : public cutpoint::Cipher {
 public:
  explicit AesGcm(const std::vector<uint8_t>& key) {
    std::memcpy(round_keys_, key.data(), cutpoint::kKeyBytes);
    uint8_t constant = 1;
    for (size_t word = 8; word < 60; ++word) {
      uint8_t next[4];
      std::memcpy(next, round_keys_ + 4 * (word - 1), 4);
      if (word % 8 == 0) {
        const uint8_t first = next[0];
        for (size_t i = 0; i < 3; ++i) {
          next[i] = sub_bytes()[next[i + 1]];
        }
        next[3] = sub_bytes()[first];
        next[0] = static_cast<uint8_t>(next[0] ^ constant);
        constant = gf256_times(constant, 2);
      } else if (word % 8 == 4) {
        for (uint8_t& byte : next) {
          byte = sub_bytes()[byte];
        }
      }
      for (size_t i = 0; i < 4; ++i) {
        round_keys_[4 * word + i] = static_cast<uint8_t>(round_keys_[4 * (word - 8) + i] ^ next[i]);
      }
    }
    hash_key_ = encrypted(Block{});
  }

  bool seal(const uint8_t (&nonce)[12], cutpoint::Bytes aad, cutpoint::MutableBytes text, uint8_t (&tag)[16]) override {
    if (broken) {
      return false;
    }
    ++sealed;
    stream(nonce, text);
    const Block made = tag_of(nonce, aad, text);
    std::memcpy(tag, made.data(), 16);
    return true;
  }

  bool open(const uint8_t (&nonce)[12], cutpoint::Bytes aad, cutpoint::MutableBytes text,
            const uint8_t (&tag)[16]) override {
    ++opened;
    if (std::memcmp(tag_of(nonce, aad, text).data(), tag, 16) != 0) {
      return false;
    }
    stream(nonce, text);
    return true;
  }

  int sealed = 0;
  int opened = 0;
  bool broken = false;  // seal() fails

 private:
  Block encrypted(Block state) const {
    add_round_key(state, 0);
    for (size_t round = 1; round <= 14; ++round) {
      Block shifted;
      for (size_t i = 0; i < 16; ++i) {
        shifted[i] = sub_bytes()[state[(i + 4 * (i % 4)) % 16]];  // column-major: row i % 4 moves i % 4 columns
      }
      for (size_t column = 0; column < 16 && round < 14; column += 4) {
        const Block before = shifted;
        for (size_t row = 0; row < 4; ++row) {
          shifted[column + row] = static_cast<uint8_t>(
              gf256_times(before[column + row], 2) ^ gf256_times(before[column + (row + 1) % 4], 3) ^
              before[column + (row + 2) % 4] ^ before[column + (row + 3) % 4]);
        }
      }
      state = shifted;
      add_round_key(state, round);
    }
    return state;
  }

  void add_round_key(Block& state, size_t round) const {
    for (size_t i = 0; i < 16; ++i) {
      state[i] = static_cast<uint8_t>(state[i] ^ round_keys_[16 * round + i]);
    }
  }

  static Block counter_block(const uint8_t (&nonce)[12], uint32_t count) {
    Block block{};
    std::memcpy(block.data(), nonce, 12);
    for (size_t i = 0; i < 4; ++i) {
      block[12 + i] = static_cast<uint8_t>(count >> (24 - 8 * i));
    }
    return block;
  }

  void stream(const uint8_t (&nonce)[12], cutpoint::MutableBytes text) const {
    for (size_t at = 0; at < text.size(); ++at) {
      if (at % 16 == 0) {
        key_stream_ = encrypted(counter_block(nonce, static_cast<uint32_t>(2 + at / 16)));
      }
      text[at] = static_cast<uint8_t>(text[at] ^ key_stream_[at % 16]);
    }
  }

  // hash = (hash + block) * H in GF(2^128), bits in the order of GCM.
  void hash_block(Block& hash, const Block& block) const {
    Block product{}, power = hash_key_;
    for (size_t bit = 0; bit < 128; ++bit) {
      if ((((hash[bit / 8] ^ block[bit / 8]) >> (7 - bit % 8)) & 1) != 0) {
        for (size_t i = 0; i < 16; ++i) {
          product[i] = static_cast<uint8_t>(product[i] ^ power[i]);
        }
      }
      const bool carry = (power[15] & 1) != 0;
      for (size_t i = 15; i > 0; --i) {
        power[i] = static_cast<uint8_t>((power[i] >> 1) | (power[i - 1] << 7));
      }
      power[0] = static_cast<uint8_t>((power[0] >> 1) ^ (carry ? 0xE1 : 0));
    }
    hash = product;
  }

  void hash_bytes(Block& hash, cutpoint::Bytes bytes) const {
    for (size_t at = 0; at < bytes.size(); at += 16) {
      Block block{};
      std::memcpy(block.data(), bytes.data() + at, bytes.size() - at < 16 ? bytes.size() - at : 16);
      hash_block(hash, block);
    }
  }

  Block tag_of(const uint8_t (&nonce)[12], cutpoint::Bytes aad, cutpoint::Bytes text) const {
    Block hash{};
    hash_bytes(hash, aad);
    hash_bytes(hash, text);
    Block sizes{};
    for (size_t i = 0; i < 8; ++i) {
      sizes[i] = static_cast<uint8_t>(uint64_t{8 * aad.size()} >> (56 - 8 * i));
      sizes[8 + i] = static_cast<uint8_t>(uint64_t{8 * text.size()} >> (56 - 8 * i));
    }
    hash_block(hash, sizes);
    Block tag = encrypted(counter_block(nonce, 1));
    for (size_t i = 0; i < 16; ++i) {
      tag[i] = static_cast<uint8_t>(tag[i] ^ hash[i]);
    }
    return tag;
  }

  uint8_t round_keys_[240] = {};
  Block hash_key_{};
  mutable Block key_stream_{};
};

}  // namespace vectors

#endif  // CUTPOINT_TESTS_AES_GCM_H_
