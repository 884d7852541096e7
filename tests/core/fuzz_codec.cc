// libFuzzer target: hostile files of codec tables, and under those that are let through hostile coded tensors and every
// encoder, in memory of exactly the stated sizes. Build with clang -fsanitize=fuzzer,address,undefined.
//
// The input is u16 the size of the file, the file, then what is taken for a coded tensor, a reference frame and elements.
// The file's magic, model and CRC are mended, since no fuzzer guesses a checksum, and so is the coded tensor's mark.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "bytes.h"
#include "codec/calibrated.h"
#include "codec/codec.h"
#include "codec/rans/rans.h"
#include "codec/tables/codec_tables.h"
#include "crc32.h"

using namespace cutpoint;

namespace {

constexpr size_t kMostElements = 4096;  // of a tensor that is coded here
constexpr ModelId kModel = {{0xC0, 0xFF, 0xEE, 0x42}};

void must(bool held) {
  if (!held) {
    std::abort();
  }
}

// Exactly so many bytes at a multiple of 8, so that the sanitizer sees the first one too many.
class ExactMemory {
 public:
  explicit ExactMemory(Bytes bytes) : ExactMemory(bytes.size()) { copy_bytes(data_, bytes.data(), bytes.size()); }
  explicit ExactMemory(size_t bytes) : data_(static_cast<uint8_t*>(std::malloc(bytes == 0 ? 1 : bytes))), bytes_(bytes) {
    must(data_ != nullptr);
  }
  ~ExactMemory() { std::free(data_); }
  ExactMemory(const ExactMemory&) = delete;
  ExactMemory& operator=(const ExactMemory&) = delete;
  MutableBytes get() { return MutableBytes(data_, bytes_); }

 private:
  uint8_t* data_;
  size_t bytes_;
};

void mend(MutableBytes file) {
  if (file.size() < 16) {
    return;
  }
  std::memcpy(file.data(), "CPCT\1", 5);
  std::memcpy(file.data() + 8, kModel.bytes, kModelIdBytes);
  store_u32(file.data() + 12, 0);
  store_u32(file.data() + 12, crc32(0, file));
}

// Bytes of `from` over and over, so that a tensor of any size has some.
void fill_from(Bytes from, MutableBytes to) {
  for (size_t i = 0; i < to.size(); ++i) {
    to[i] = from.empty() ? static_cast<uint8_t>(i) : from[i % from.size()];
  }
}

void undo_anything(const TensorTables& tables, Bytes rest) {
  ExactMemory coded(rest);
  if (coded.get().size() >= kTablesMarkBytes) {
    store_u16(coded.get().data(), tables.mark);
  }
  ExactMemory elements(tables.elements());
  (void)decode_calibrated(tables, coded.get(), elements.get());
  if (tables.codec == CodecId::kDelta) {
    ExactMemory reference(tables.elements());
    fill_from(rest, reference.get());
    (void)decode_levels(tables, coded.get(), reference.get(), elements.get());
  }
}

// What an encoder makes of any elements is undone to what their levels stand for.
void code_anything(const CodecTables& file, uint8_t number, size_t place, const TensorTables& tables, Bytes rest) {
  ExactMemory elements(tables.elements());
  fill_from(rest, elements.get());
  ExactMemory scratch(kCodingScratchBytes);
  Coding coding;
  coding.codec = tables.codec;
  coding.setting = number;
  coding.tables = &file;
  const TensorView view = {0, tables.dtype, elements.get(), 0};
  MutableBytes left = scratch.get();
  CodedSize size = {};
  must(measure_tensor(coding, place, view, left, size) == Status::kOk);
  must(size.codec == CodecId::kRaw || (size.codec == tables.codec && size.bytes < elements.get().size()));
  ExactMemory coded(size.bytes);
  TensorEncoder encoder;
  encoder.begin(size, view, coding, place);
  must(encoder.pull(coded.get()) == size.bytes);
  if (size.codec == CodecId::kRaw) {
    return;
  }
  ExactMemory back(tables.elements());
  must(decode_tensor(file, number, place, coded.get(), back.get()) == Status::kOk);
  for (size_t i = 0; i < back.get().size() && tables.to_level != nullptr; ++i) {
    must(back.get()[i] == tables.to_value[tables.to_level[elements.get()[i]]]);
  }
}

void change_anything(const TensorTables& tables, Bytes rest) {
  ExactMemory elements(tables.elements());
  ExactMemory reference(tables.elements());
  ExactMemory candidate(tables.elements());
  fill_from(rest, elements.get());
  fill_from(rest.first(rest.size() / 2), reference.get());
  for (uint8_t& level : reference.get()) {
    level = static_cast<uint8_t>(level % tables.grid.levels) ^ kKeptLevelBit;
  }
  DeltaSlot slot;
  slot.reference = reference.get();
  slot.candidate = candidate.get();
  slot.age = 1;
  ExactMemory out(tables.elements());
  const size_t bytes = encode_calibrated(tables, slot, elements.get(), out.get());
  if (bytes == 0) {
    return;
  }
  for (uint8_t& level : reference.get()) {
    level ^= kKeptLevelBit;
  }
  ExactMemory coded(Bytes(out.get().end() - bytes, bytes));
  ExactMemory levels(tables.elements());
  must(decode_levels(tables, coded.get(), reference.get(), levels.get()) == Status::kOk);
  for (size_t i = 0; i < levels.get().size(); ++i) {
    must(levels.get()[i] == (candidate.get()[i] ^ kKeptLevelBit));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) {
    return 0;
  }
  const size_t stated = load_u16(data);
  const size_t bytes = stated < size - 2 ? stated : size - 2;
  ExactMemory file(Bytes(data + 2, bytes));
  const Bytes rest(data + 2 + bytes, size - 2 - bytes);
  mend(file.get());
  CodecTables tables;
  if (CodecTables::open(file.get(), kModel, tables) != Status::kOk) {
    return 0;
  }
  for (uint8_t number = 1; number != 0 && number <= tables.count(); ++number) {
    SettingView setting = {};
    must(tables.setting(number, setting));
    for (size_t place = 0; place < setting.tensors; ++place) {
      TensorTables tensor;
      must(tables.tensor(number, place, tensor));
      if (tensor.elements() > kMostElements) {
        continue;
      }
      undo_anything(tensor, rest);
      code_anything(tables, number, place, tensor, rest);
      if (tensor.codec == CodecId::kDelta) {
        change_anything(tensor, rest);
      }
    }
  }
  return 0;
}
