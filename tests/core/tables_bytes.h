// Codec tables for tests, written from docs/codecs.md: tensors of uint8, 16 levels, symbols that are all as likely.
#ifndef CUTPOINT_TESTS_TABLES_BYTES_H_
#define CUTPOINT_TESTS_TABLES_BYTES_H_

#include <cstdint>
#include <vector>

#include "bytes.h"
#include "codec/codec.h"
#include "crc32.h"
#include "edge_frames.h"

namespace tables {

struct SettingOf {
  uint16_t cut;
  cutpoint::CodecId codec;
  std::vector<uint16_t> elements;  // of each tensor: one line of one channel
};

inline void put_u16(Frame& to, size_t value) {
  to.push_back(static_cast<uint8_t>(value));
  to.push_back(static_cast<uint8_t>(value >> 8));
}

inline void put_u32(Frame& to, size_t value) {
  put_u16(to, value & 0xFFFF);
  put_u16(to, value >> 16 & 0xFFFF);
}

// One context, one group, 16 symbols of frequency 256 each: 2^(31 + 8) / 256 is 2^31.
inline void put_model(Frame& to, uint8_t prediction) {
  to.insert(to.end(), {prediction, 1, 0, 0, 0, 1, 0, 0});
  put_u16(to, 16);
  put_u16(to, prediction == 0 ? 0 : 8);
  for (uint32_t symbol = 0; symbol < 16; ++symbol) {
    put_u32(to, 0x80000000u);
    put_u32(to, symbol * 256 | 256u << 12 | 8u << 25);
  }
}

inline void put_block(Frame& to, const SettingOf& setting, uint16_t elements) {
  put_u16(to, 1);
  put_u16(to, elements);
  put_u16(to, 1);
  to.insert(to.end(), {15, 0, 2, 0, 0, 0});
  for (uint32_t element = 0; element < 256; ++element) {
    to.push_back(static_cast<uint8_t>(element / 16));
  }
  for (uint32_t level = 0; level < 16; ++level) {
    to.push_back(static_cast<uint8_t>(level * 16));
  }
  if (setting.codec == cutpoint::CodecId::kRans || setting.codec == cutpoint::CodecId::kDelta) {
    put_model(to, 0);
  }
  if (setting.codec == cutpoint::CodecId::kDelta) {
    put_model(to, 4);
  }
}

inline Frame file_of(const std::vector<SettingOf>& settings, const cutpoint::ModelId& model = kModel) {
  Frame file = {'C', 'P', 'C', 'T', 1, static_cast<uint8_t>(settings.size()), 0, 0};
  file.insert(file.end(), model.bytes, model.bytes + 4);
  put_u32(file, 0);
  size_t places = 16 + 8 * settings.size();
  for (const SettingOf& setting : settings) {
    put_u16(file, setting.cut);
    file.push_back(static_cast<uint8_t>(setting.codec));
    file.push_back(static_cast<uint8_t>(setting.elements.size()));
    put_u32(file, places);
    places += 4 * setting.elements.size();
  }
  Frame blocks;
  for (const SettingOf& setting : settings) {
    for (const uint16_t elements : setting.elements) {
      put_u32(file, places + blocks.size());
      put_block(blocks, setting, elements);
    }
  }
  file.insert(file.end(), blocks.begin(), blocks.end());
  cutpoint::store_u32(&file[12], cutpoint::crc32(0, bytes_of(file)));
  return file;
}

inline uint32_t version_of(const Frame& file) { return cutpoint::load_u32(&file[12]); }

}  // namespace tables

#endif  // CUTPOINT_TESTS_TABLES_BYTES_H_
