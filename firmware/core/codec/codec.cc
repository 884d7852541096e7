#include "codec.h"

#include "../bytes.h"
#include "bitmap/bitmap.h"
#include "calibrated.h"
#include "lowbit/lowbit.h"
#include "tables/codec_tables.h"

namespace cutpoint {
namespace {

constexpr size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

void store_fill(int64_t fill, uint8_t (&to)[kMaxItemBytes]) {
  const uint64_t bits = static_cast<uint64_t>(fill);
  for (size_t i = 0; i < kMaxItemBytes; ++i) {
    to[i] = static_cast<uint8_t>(bits >> (8 * i) & 0xFFu);
  }
}

// The tables of this very tensor.
bool tables_of(const Coding& coding, size_t place, const TensorView& tensor, TensorTables& tables) {
  return coding.tables != nullptr && coding.tables->tensor(coding.setting, place, tables) &&
         tables.codec == coding.codec && tables.dtype == tensor.dtype && tables.elements() == tensor.data.size();
}

// What delta remembers of the tensor at this place: behind the elements of those before it.
DeltaSlot slot_of(const Coding& coding, size_t place, const TensorTables& tables) {
  size_t offset = 0;
  TensorTables before;
  for (size_t i = 0; i < place && coding.tables->tensor(coding.setting, i, before); ++i) {
    offset += before.elements();
  }
  return coding.memory->slot(offset, tables.elements());
}

void measure_calibrated(const Coding& coding, size_t place, const TensorView& tensor, MutableBytes& scratch_left,
                        CodedSize& size) {
  TensorTables tables;
  if (!tables_of(coding, place, tensor, tables)) {
    return;
  }
  if (coding.codec == CodecId::kLowbit) {
    const size_t bytes = lowbit_bytes(tables);
    if (bytes < tensor.data.size()) {
      size = CodedSize{CodecId::kLowbit, static_cast<uint32_t>(bytes)};
    }
    return;
  }
  // One byte less than raw is the most that is of use; slicer works in the front of it as well.
  const size_t most = tensor.data.size() - 1;
  const size_t room = coding.codec == CodecId::kSlicer ? scratch_left.size() : smaller(scratch_left.size(), most);
  const MutableBytes out = scratch_left.from(scratch_left.size() - room);
  const bool remembers = coding.codec == CodecId::kDelta && coding.memory != nullptr;
  const DeltaSlot slot = remembers ? slot_of(coding, place, tables) : DeltaSlot();
  const size_t bytes = encode_calibrated(tables, slot, tensor.data, out);
  if (bytes != 0 && bytes <= most) {
    size = CodedSize{coding.codec, static_cast<uint32_t>(bytes), out.from(room - bytes)};
    scratch_left = scratch_left.first(scratch_left.size() - bytes);
  }
}

}  // namespace

Status measure_tensor(const Coding& coding, size_t place, const TensorView& tensor, MutableBytes& scratch_left,
                      CodedSize& size) {
  const CodecId wanted = coding.codec;
  const size_t item = item_bytes(tensor.dtype);
  if (item == 0) {
    return Status::kDType;
  }
  const uint64_t raw_bytes = tensor.data.size();
  if (raw_bytes % item != 0 || raw_bytes > UINT32_MAX) {
    return Status::kTensor;
  }
  if (!known_codec(static_cast<uint8_t>(wanted))) {
    return Status::kCodec;
  }
  size = CodedSize{CodecId::kRaw, static_cast<uint32_t>(raw_bytes)};
  if (wanted == CodecId::kBitmap) {
    uint8_t fill[kMaxItemBytes];
    store_fill(tensor.fill, fill);
    const uint64_t head = item + bitmap_bytes(tensor.data.size() / item);
    const uint64_t packed = static_cast<uint64_t>(count_differing(item, tensor.data, fill)) * item;
    if (head + packed < raw_bytes) {
      size = CodedSize{CodecId::kBitmap, static_cast<uint32_t>(head + packed)};
    }
    return Status::kOk;
  }
  const Bytes made = wanted == CodecId::kJpeg ? tensor.jpeg : calibrated(wanted) ? tensor.made : Bytes();
  if (!made.empty()) {
    if (check_coded_size(wanted, tensor.dtype, raw_bytes, made.size()) == Status::kOk) {
      size = CodedSize{wanted, static_cast<uint32_t>(made.size()), made};
    }
  } else if (calibrated(wanted)) {
    measure_calibrated(coding, place, tensor, scratch_left, size);
  }
  return Status::kOk;
}

size_t final_bytes(const Coding& coding, size_t place, const CodedSize& size, size_t raw_bytes) {
  TensorTables tables;
  if (size.codec == CodecId::kRaw) {
    return smaller(raw_bytes, size.bytes);
  }
  if (size.codec == CodecId::kLowbit && size.made.empty() && coding.tables != nullptr &&
      coding.tables->tensor(coding.setting, place, tables)) {
    return lowbit_final_bytes(tables, raw_bytes);
  }
  return size.bytes;
}

void TensorEncoder::begin(const CodedSize& size, const TensorView& tensor, const Coding& coding, size_t place) {
  tensor_ = tensor;
  size_ = size;
  produced_ = 0;
  bitmap_at_ = 0;
  element_ = 0;
  element_offset_ = 0;
  store_fill(tensor.fill, fill_);
  TensorTables tables;
  if (size.codec == CodecId::kLowbit && size.made.empty() && tables_of(coding, place, tensor, tables)) {
    lowbit_.begin(tables, tensor.data);
  }
}

size_t TensorEncoder::pull(MutableBytes to) {
  to = to.first(smaller(to.size(), size_.bytes - produced_));
  size_t written = 0;
  if (size_.codec == CodecId::kLowbit && size_.made.empty()) {
    written = lowbit_.pull(to);
  } else if (size_.codec != CodecId::kBitmap) {
    const Bytes from = size_.made.empty() ? tensor_.data : size_.made;
    copy_bytes(to.data(), from.data() + produced_, to.size());
    written = to.size();
  } else {
    const size_t item = item_bytes(tensor_.dtype);
    if (produced_ < item) {
      written = smaller(to.size(), item - produced_);
      copy_bytes(to.data(), fill_ + produced_, written);
    }
    written += pull_bitmap(to.from(written));
    written += pull_packed(to.from(written));
  }
  produced_ += static_cast<uint32_t>(written);
  return written;
}

size_t TensorEncoder::pull_bitmap(MutableBytes to) {
  const size_t item = item_bytes(tensor_.dtype);
  const size_t map_bytes = bitmap_bytes(tensor_.data.size() / item);
  size_t written = 0;
  while (written < to.size() && bitmap_at_ < map_bytes) {
    to[written] = bitmap_byte(item, tensor_.data, bitmap_at_ * 8, fill_);
    ++written;
    ++bitmap_at_;
  }
  return written;
}

size_t TensorEncoder::pull_packed(MutableBytes to) {
  return pack_differing(item_bytes(tensor_.dtype), tensor_.data, fill_, element_, element_offset_, to);
}

Status check_coded_size(CodecId codec, DType dtype, uint64_t raw_bytes, uint64_t coded_bytes) {
  const uint64_t item = item_bytes(dtype);
  if (item == 0) {
    return Status::kDType;
  }
  if (raw_bytes % item != 0) {
    return Status::kTensor;
  }
  if (codec == CodecId::kRaw) {
    return coded_bytes == raw_bytes ? Status::kOk : Status::kTensor;
  }
  if (codec == CodecId::kJpeg) {
    return coded_bytes != 0 && coded_bytes < raw_bytes ? Status::kOk : Status::kTensor;
  }
  if (calibrated(codec)) {
    const bool bytes = dtype == DType::kInt8 || dtype == DType::kUint8;
    return bytes && coded_bytes >= kTablesMarkBytes && coded_bytes < raw_bytes ? Status::kOk : Status::kTensor;
  }
  if (codec != CodecId::kBitmap) {
    return Status::kCodec;
  }
  // The fill and the bitmap are always there; the packed elements may be none or all.
  const uint64_t least = item + (raw_bytes / item + 7) / 8;
  return coded_bytes >= least && coded_bytes <= least + raw_bytes ? Status::kOk : Status::kTensor;
}

Status decode_tensor(CodecId codec, DType dtype, Bytes coded, MutableBytes raw) {
  CUTPOINT_TRY(check_coded_size(codec, dtype, raw.size(), coded.size()));
  if (opaque(codec)) {
    return Status::kCodec;
  }
  if (codec == CodecId::kRaw) {
    copy_bytes(raw.data(), coded.data(), coded.size());
  } else {
    CUTPOINT_TRY(decode_bitmap(item_bytes(dtype), coded, raw));
  }
  if (dtype == DType::kBool) {
    for (const uint8_t value : raw) {
      if (value > 1) {
        return Status::kCoded;
      }
    }
  }
  return Status::kOk;
}

Status decode_tensor(const CodecTables& tables, uint8_t setting, size_t place, Bytes coded, MutableBytes raw) {
  TensorTables own;
  if (!tables.tensor(setting, place, own)) {
    return Status::kTables;
  }
  if (raw.size() != own.elements()) {
    return Status::kTensor;
  }
  return decode_calibrated(own, coded, raw);
}

}  // namespace cutpoint
