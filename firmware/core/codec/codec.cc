#include "codec.h"

#include "../bytes.h"

namespace cutpoint {
namespace {

constexpr size_t bitmap_bytes(size_t elements) { return elements / 8 + (elements % 8 != 0 ? 1 : 0); }

constexpr size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// Loops over elements are written once and compiled per size, so that a compare is one load and not a call.
template <size_t kItem>
bool same(const uint8_t* a, const uint8_t* b) {
  return __builtin_memcmp(a, b, kItem) == 0;
}

template <size_t kItem>
size_t count_differing(Bytes data, const uint8_t* fill) {
  size_t differing = 0;
  for (size_t at = 0; at + kItem <= data.size(); at += kItem) {
    differing += same<kItem>(data.data() + at, fill) ? 0u : 1u;
  }
  return differing;
}

size_t count_differing(size_t item, Bytes data, const uint8_t* fill) {
  switch (item) {
    case 1:
      return count_differing<1>(data, fill);
    case 2:
      return count_differing<2>(data, fill);
    case 4:
      return count_differing<4>(data, fill);
    default:
      return count_differing<8>(data, fill);
  }
}

// The bitmap byte that describes elements [first, first + 8), fewer at the end.
template <size_t kItem>
uint8_t bitmap_byte(Bytes data, size_t first, const uint8_t* fill) {
  const size_t elements = data.size() / kItem;
  const size_t count = elements - first < 8 ? elements - first : 8;
  const uint8_t* at = data.data() + first * kItem;
  uint32_t bits = 0;
  for (size_t i = 0; i < count; ++i, at += kItem) {
    bits |= (same<kItem>(at, fill) ? 0u : 1u) << i;
  }
  return static_cast<uint8_t>(bits);
}

uint8_t bitmap_byte(size_t item, Bytes data, size_t first, const uint8_t* fill) {
  switch (item) {
    case 1:
      return bitmap_byte<1>(data, first, fill);
    case 2:
      return bitmap_byte<2>(data, first, fill);
    case 4:
      return bitmap_byte<4>(data, first, fill);
    default:
      return bitmap_byte<8>(data, first, fill);
  }
}

void store_fill(int64_t fill, uint8_t (&to)[kMaxItemBytes]) {
  const uint64_t bits = static_cast<uint64_t>(fill);
  for (size_t i = 0; i < kMaxItemBytes; ++i) {
    to[i] = static_cast<uint8_t>(bits >> (8 * i) & 0xFFu);
  }
}

// Copies the elements that differ, from `element` on, until `to` is full; an element may be split between two calls.
template <size_t kItem>
size_t pack(Bytes data, const uint8_t* fill, size_t& element, size_t& element_offset, MutableBytes to) {
  const size_t elements = data.size() / kItem;
  size_t written = 0;
  for (; written < to.size() && element < elements; ++element, element_offset = 0) {
    const uint8_t* from = data.data() + element * kItem;
    if (same<kItem>(from, fill)) {
      continue;
    }
    const size_t count = smaller(to.size() - written, kItem - element_offset);
    copy_bytes(to.data() + written, from + element_offset, count);
    written += count;
    element_offset += count;
    if (element_offset != kItem) {
      break;
    }
  }
  return written;
}

template <size_t kItem>
Status unpack(Bytes bitmap, Bytes packed, const uint8_t* fill, MutableBytes raw) {
  const size_t elements = raw.size() / kItem;
  uint8_t* to = raw.data();
  size_t at = 0;
  for (size_t i = 0; i < elements; ++i, to += kItem) {
    const uint8_t* from = fill;
    if ((bitmap[i / 8] >> (i % 8) & 1u) != 0) {
      if (packed.size() - at < kItem) {
        return Status::kCoded;
      }
      from = packed.data() + at;
      at += kItem;
      if (same<kItem>(from, fill)) {
        return Status::kCoded;
      }
    }
    __builtin_memcpy(to, from, kItem);
  }
  return at == packed.size() ? Status::kOk : Status::kCoded;
}

// The caller has checked that fill and bitmap are there.
Status decode_bitmap(size_t item, Bytes coded, MutableBytes raw) {
  const size_t elements = raw.size() / item;
  const size_t map_bytes = bitmap_bytes(elements);
  const uint8_t* fill = coded.data();
  const Bytes bitmap = coded.slice(item, map_bytes);
  const Bytes packed = coded.from(item + map_bytes);
  if (elements % 8 != 0 && (bitmap[map_bytes - 1] >> (elements % 8)) != 0) {
    return Status::kCoded;
  }
  switch (item) {
    case 1:
      return unpack<1>(bitmap, packed, fill, raw);
    case 2:
      return unpack<2>(bitmap, packed, fill, raw);
    case 4:
      return unpack<4>(bitmap, packed, fill, raw);
    default:
      return unpack<8>(bitmap, packed, fill, raw);
  }
}

}  // namespace

Status measure_tensor(CodecId wanted, const TensorView& tensor, CodedSize& size) {
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
  size.codec = CodecId::kRaw;
  size.bytes = static_cast<uint32_t>(raw_bytes);
  if (wanted == CodecId::kBitmap) {
    uint8_t fill[kMaxItemBytes];
    store_fill(tensor.fill, fill);
    const uint64_t head = item + bitmap_bytes(tensor.data.size() / item);
    const uint64_t packed = static_cast<uint64_t>(count_differing(item, tensor.data, fill)) * item;
    if (head + packed < raw_bytes) {
      size.codec = CodecId::kBitmap;
      size.bytes = static_cast<uint32_t>(head + packed);
    }
  }
  if (wanted == CodecId::kJpeg && !tensor.jpeg.empty() && tensor.jpeg.size() < raw_bytes) {
    size.codec = CodecId::kJpeg;
    size.bytes = static_cast<uint32_t>(tensor.jpeg.size());
  }
  return Status::kOk;
}

void TensorEncoder::begin(const CodedSize& size, const TensorView& tensor) {
  tensor_ = tensor;
  size_ = size;
  produced_ = 0;
  bitmap_at_ = 0;
  element_ = 0;
  element_offset_ = 0;
  store_fill(tensor.fill, fill_);
}

size_t TensorEncoder::pull(MutableBytes to) {
  to = to.first(smaller(to.size(), size_.bytes - produced_));
  size_t written = 0;
  if (size_.codec != CodecId::kBitmap) {
    const Bytes from = size_.codec == CodecId::kJpeg ? tensor_.jpeg : tensor_.data;
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
  switch (item_bytes(tensor_.dtype)) {
    case 1:
      return pack<1>(tensor_.data, fill_, element_, element_offset_, to);
    case 2:
      return pack<2>(tensor_.data, fill_, element_, element_offset_, to);
    case 4:
      return pack<4>(tensor_.data, fill_, element_, element_offset_, to);
    default:
      return pack<8>(tensor_.data, fill_, element_, element_offset_, to);
  }
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
  if (codec != CodecId::kBitmap) {
    return Status::kCodec;
  }
  // The fill and the bitmap are always there; the packed elements may be none or all.
  const uint64_t least = item + (raw_bytes / item + 7) / 8;
  return coded_bytes >= least && coded_bytes <= least + raw_bytes ? Status::kOk : Status::kTensor;
}

Status decode_tensor(CodecId codec, DType dtype, Bytes coded, MutableBytes raw) {
  CUTPOINT_TRY(check_coded_size(codec, dtype, raw.size(), coded.size()));
  if (codec == CodecId::kJpeg) {
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

}  // namespace cutpoint
