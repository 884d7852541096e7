// Files of codec tables for tests: settings of lowbit, rans and delta over one quantiser of even steps.
#ifndef CUTPOINT_TESTS_TABLES_FILE_H_
#define CUTPOINT_TESTS_TABLES_FILE_H_

#include <vector>

#include "bytes.h"
#include "codec/tables/codec_tables.h"
#include "crc32.h"

namespace tables_file {

using namespace cutpoint;

constexpr ModelId kModel = {{0xC0, 0xFF, 0xEE, 0x42}};

// At a multiple of 4, as in a slot.
class File {
 public:
  explicit File(const std::vector<uint8_t>& bytes) : words_((bytes.size() + 3) / 4), size_(bytes.size()) {
    copy_bytes(reinterpret_cast<uint8_t*>(words_.data()), bytes.data(), bytes.size());
  }
  Bytes get() const { return Bytes(reinterpret_cast<const uint8_t*>(words_.data()), size_); }
  MutableBytes writable() { return MutableBytes(reinterpret_cast<uint8_t*>(words_.data()), size_); }
  // With the checksum that it should have.
  void sign() {
    store_u32(writable().data() + 12, 0);
    store_u32(writable().data() + 12, crc32(0, get()));
  }

 private:
  std::vector<uint32_t> words_;
  size_t size_;
};

struct Tensor {
  uint16_t height, width, channels;
  uint16_t levels;  // a power of 2
  std::vector<uint8_t> order = {};
};

struct Setting {
  uint16_t cut;
  CodecId codec;  // lowbit; or rans and delta of equal frequencies, so that a level takes its bits
  std::vector<Tensor> tensors;
};

inline void put_u16(std::vector<uint8_t>& to, size_t value) {
  to.push_back(static_cast<uint8_t>(value & 0xFF));
  to.push_back(static_cast<uint8_t>(value >> 8));
}

inline void put_u32(std::vector<uint8_t>& to, size_t value) {
  put_u16(to, value & 0xFFFF);
  put_u16(to, value >> 16);
}

inline void pad(std::vector<uint8_t>& to) { to.resize((to.size() + 3) / 4 * 4); }

// One context and one group; prediction: 0 none, 4 the reference frame.
inline void put_model(std::vector<uint8_t>& to, uint8_t prediction, uint16_t levels) {
  const uint8_t head[8] = {prediction, 1, 0, 0, 0, 1, 0, 0};
  to.insert(to.end(), head, head + 8);
  put_u16(to, levels);
  put_u16(to, 0);
  const size_t frequency = 4096u / levels;
  uint32_t shift = 0;
  while ((1u << shift) < frequency) {
    ++shift;
  }
  for (size_t level = 0; level < levels; ++level) {
    put_u32(to, 1u << 31);
    put_u32(to, level * frequency | frequency << 12 | shift << 25);
  }
}

inline std::vector<uint8_t> block_of(CodecId codec, const Tensor& tensor) {
  std::vector<uint8_t> block;
  put_u16(block, tensor.height);
  put_u16(block, tensor.width);
  put_u16(block, tensor.channels);
  block.push_back(static_cast<uint8_t>(tensor.levels - 1));
  block.push_back(0);
  block.push_back(static_cast<uint8_t>(DType::kInt8));
  block.push_back(tensor.order.empty() ? 0 : 1);
  put_u16(block, 0);
  for (size_t value = 0; value < 256; ++value) {
    block.push_back(static_cast<uint8_t>(value * tensor.levels / 256));
  }
  for (size_t level = 0; level < tensor.levels; ++level) {
    block.push_back(static_cast<uint8_t>(level * 256 / tensor.levels));
  }
  pad(block);
  block.insert(block.end(), tensor.order.begin(), tensor.order.end());
  pad(block);
  if (codec == CodecId::kRans || codec == CodecId::kDelta) {
    put_model(block, 0, tensor.levels);
  }
  if (codec == CodecId::kDelta) {
    put_model(block, 4, tensor.levels);
  }
  return block;
}

inline File file_of(const std::vector<Setting>& settings, const ModelId& model = kModel) {
  std::vector<uint8_t> heads = {'C', 'P', 'C', 'T', 1, static_cast<uint8_t>(settings.size()), 0, 0};
  heads.insert(heads.end(), model.bytes, model.bytes + kModelIdBytes);
  put_u32(heads, 0);
  size_t tensors = 0;
  for (const Setting& setting : settings) {
    tensors += setting.tensors.size();
  }
  const size_t places = 16 + 8 * settings.size();
  std::vector<uint8_t> offsets;
  std::vector<uint8_t> blocks;
  for (const Setting& setting : settings) {
    put_u16(heads, setting.cut);
    heads.push_back(static_cast<uint8_t>(setting.codec));
    heads.push_back(static_cast<uint8_t>(setting.tensors.size()));
    put_u32(heads, places + offsets.size());
    for (const Tensor& tensor : setting.tensors) {
      put_u32(offsets, places + 4 * tensors + blocks.size());
      const std::vector<uint8_t> block = block_of(setting.codec, tensor);
      blocks.insert(blocks.end(), block.begin(), block.end());
    }
  }
  heads.insert(heads.end(), offsets.begin(), offsets.end());
  heads.insert(heads.end(), blocks.begin(), blocks.end());
  File file(heads);
  file.sign();
  return file;
}

}  // namespace tables_file

#endif  // CUTPOINT_TESTS_TABLES_FILE_H_
