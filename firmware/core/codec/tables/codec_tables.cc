#include "codec_tables.h"

#include "../../bytes.h"
#include "../../crc32.h"

namespace cutpoint {
namespace {

constexpr uint8_t kMagic[4] = {'C', 'P', 'C', 'T'};
constexpr uint8_t kFormat = 1;
constexpr size_t kHeadBytes = 16;
constexpr size_t kVersionAt = 12;
constexpr size_t kSettingBytes = 8;
constexpr size_t kBlockHeadBytes = 12;
constexpr size_t kToLevelBytes = 256;
constexpr uint8_t kFlagOrder = 0x01;
constexpr uint16_t kMaxTolerance = 255;

constexpr size_t padded(size_t bytes) { return (bytes + 3) / 4 * 4; }

// Whether `count` bytes lie at `at` of so many, at a multiple of 4.
bool lies(size_t size, size_t at, size_t count) { return at % 4 == 0 && at <= size && size - at >= count; }

// Takes `count` bytes and the zeros that pad them.
Status take_padded(ByteReader& reader, size_t count, const uint8_t*& taken) {
  Bytes bytes;
  CUTPOINT_TRY(reader.take(padded(count), bytes));
  for (size_t i = count; i < bytes.size(); ++i) {
    if (bytes[i] != 0) {
      return Status::kReserved;
    }
  }
  taken = bytes.data();
  return Status::kOk;
}

// Every channel once, if there is an order.
bool is_order(const TensorTables& tables) {
  uint32_t seen[kMaxOrderedChannels / 32] = {};
  const size_t channels = tables.order != nullptr ? tables.grid.channels : 0;
  for (size_t i = 0; i < channels; ++i) {
    const uint8_t channel = tables.order[i];
    const uint32_t bit = 1u << (channel % 32);
    if (channel >= channels || (seen[channel / 32] & bit) != 0) {
      return false;
    }
    seen[channel / 32] |= bit;
  }
  return true;
}

// Every element has a level, and with 256 of them none is lost.
bool is_quantiser(const TensorTables& tables) {
  for (size_t i = 0; tables.to_level != nullptr && i < kToLevelBytes; ++i) {
    const uint8_t level = tables.to_level[i];
    if (level >= tables.grid.levels || (tables.grid.levels == 256 && tables.to_value[level] != i)) {
      return false;
    }
  }
  return true;
}

Status read_head(ByteReader& reader, CodecId codec, TensorTables& tables, bool& ordered) {
  Bytes head;
  CUTPOINT_TRY(reader.take(kBlockHeadBytes, head));
  tables.codec = codec;
  tables.dtype = static_cast<DType>(head[8]);
  tables.grid = LevelGrid{load_u16(head.data()), load_u16(head.data() + 2), load_u16(head.data() + 4),
                          static_cast<uint16_t>(head[6] + 1), head[7]};
  tables.tolerance = load_u16(head.data() + 10);
  if (tables.dtype != DType::kInt8 && tables.dtype != DType::kUint8) {
    return Status::kDType;
  }
  const LevelGrid& grid = tables.grid;
  const uint64_t elements = uint64_t{grid.height} * grid.width * grid.channels;
  if (elements == 0 || elements > kMaxTableElements || grid.zero >= grid.levels) {
    return Status::kNumber;
  }
  if (codec == CodecId::kSlicer && grid.levels != 256) {
    return Status::kNumber;
  }
  ordered = (head[9] & kFlagOrder) != 0;
  if (head[9] > kFlagOrder || (ordered && codec != CodecId::kLowbit)) {
    return Status::kReserved;
  }
  if (ordered && grid.channels > kMaxOrderedChannels) {
    return Status::kNumber;
  }
  if (codec != CodecId::kDelta && tables.tolerance != 0) {
    return Status::kReserved;
  }
  return tables.tolerance <= kMaxTolerance ? Status::kOk : Status::kNumber;
}

size_t model_count(CodecId codec) { return codec == CodecId::kDelta ? 2 : codec == CodecId::kRans ? 1 : 0; }

void read_known_models(Bytes block, TensorTables& tables) {
  size_t at = 0;
  for (size_t i = 0; i < model_count(tables.codec); ++i) {
    at += read_known_model(block.data() + at, tables.grid, tables.models[i]);
  }
}

Status read_models(ByteReader& reader, TensorTables& tables) {
  const size_t count = model_count(tables.codec);
  for (size_t i = 0; i < count; ++i) {
    size_t bytes = 0;
    Bytes model;
    CUTPOINT_TRY(read_model(reader.rest(), tables.grid, i == 1, tables.models[i], bytes));
    CUTPOINT_TRY(reader.take(bytes, model));
  }
  const bool sliced = tables.codec == CodecId::kDelta && tables.models[0].sliced;
  return sliced ? Status::kNumber : Status::kOk;
}

}  // namespace

Status CodecTables::open(Bytes file, const ModelId& model, CodecTables& tables) {
  if (reinterpret_cast<uintptr_t>(file.data()) % 4 != 0) {
    return Status::kArgument;
  }
  if (file.size() < kHeadBytes) {
    return Status::kTruncated;
  }
  if (!equal_bytes(file.data(), kMagic, sizeof kMagic)) {
    return Status::kMagic;
  }
  if (file[4] != kFormat) {
    return Status::kVersion;
  }
  constexpr uint8_t kZeros[4] = {};
  const uint32_t head = crc32(crc32(0, file.first(kVersionAt)), Bytes(kZeros));
  const uint32_t version = load_u32(file.data() + kVersionAt);
  if (crc32(head, file.from(kHeadBytes)) != version) {
    return Status::kCrc;
  }
  if (!equal_bytes(file.data() + 8, model.bytes, kModelIdBytes)) {
    return Status::kTables;
  }
  if (load_u16(file.data() + 6) != 0) {
    return Status::kReserved;
  }
  CodecTables opened;
  opened.file_ = file;
  opened.version_ = version;
  opened.count_ = file[5];
  CUTPOINT_TRY(opened.check());
  tables = opened;
  return Status::kOk;
}

Status CodecTables::check() const {
  if (count_ == 0) {
    return Status::kCount;
  }
  if (!lies(file_.size(), kHeadBytes, count_ * kSettingBytes)) {
    return Status::kTruncated;
  }
  for (size_t i = 0; i < count_; ++i) {
    const uint8_t* const at = file_.data() + kHeadBytes + i * kSettingBytes;
    const CodecId codec = static_cast<CodecId>(at[2]);
    const uint8_t tensors = at[3];
    const uint32_t places = load_u32(at + 4);
    if (!calibrated(codec)) {
      return Status::kCodec;
    }
    if (tensors == 0 || tensors > kMaxSettingTensors) {
      return Status::kCount;
    }
    if (!lies(file_.size(), places, 4u * tensors)) {
      return Status::kLength;
    }
    for (size_t place = 0; place < tensors; ++place) {
      TensorTables tables = {};
      const uint32_t block = load_u32(file_.data() + places + 4 * place);
      if (!lies(file_.size(), block, 0)) {
        return Status::kLength;
      }
      CUTPOINT_TRY(read_block(block, codec, false, tables));
      if (!is_quantiser(tables) || !is_order(tables)) {
        return Status::kNumber;
      }
    }
  }
  return Status::kOk;
}

Status CodecTables::read_block(size_t at, CodecId codec, bool checked, TensorTables& tables) const {
  ByteReader reader(file_.from(at));
  bool ordered = false;
  CUTPOINT_TRY(read_head(reader, codec, tables, ordered));
  tables.mark = static_cast<uint16_t>(version_ & 0xFFFFu);
  if (codec == CodecId::kSlicer) {
    return read_slicer(file_.from(at), tables.slicer);
  }
  Bytes to_level;
  CUTPOINT_TRY(reader.take(kToLevelBytes, to_level));
  tables.to_level = to_level.data();
  CUTPOINT_TRY(take_padded(reader, tables.grid.levels, tables.to_value));
  if (ordered) {
    CUTPOINT_TRY(take_padded(reader, tables.grid.channels, tables.order));
  }
  // What an open file's models are is known: an encoder that asks for each frame has no time to check them again.
  if (checked) {
    read_known_models(reader.rest(), tables);
    return Status::kOk;
  }
  return read_models(reader, tables);
}

bool CodecTables::setting(uint8_t number, SettingView& view) const {
  if (number == 0 || number > count_) {
    return false;
  }
  const uint8_t* const at = file_.data() + kHeadBytes + (number - 1u) * kSettingBytes;
  view = SettingView{load_u16(at), static_cast<CodecId>(at[2]), at[3]};
  return true;
}

bool CodecTables::tensor(uint8_t number, size_t place, TensorTables& tables) const {
  SettingView view = {};
  if (!setting(number, view) || place >= view.tensors) {
    return false;
  }
  const uint8_t* const at = file_.data() + kHeadBytes + (number - 1u) * kSettingBytes;
  const uint32_t block = load_u32(file_.data() + load_u32(at + 4) + 4 * place);
  tables = TensorTables();
  return read_block(block, view.codec, true, tables) == Status::kOk;
}

}  // namespace cutpoint
