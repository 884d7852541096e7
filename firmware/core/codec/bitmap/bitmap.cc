#include "bitmap.h"

#include "../../bytes.h"

namespace cutpoint {
namespace {

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

}  // namespace

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

size_t pack_differing(size_t item, Bytes data, const uint8_t* fill, size_t& element, size_t& element_offset,
                      MutableBytes to) {
  switch (item) {
    case 1:
      return pack<1>(data, fill, element, element_offset, to);
    case 2:
      return pack<2>(data, fill, element, element_offset, to);
    case 4:
      return pack<4>(data, fill, element, element_offset, to);
    default:
      return pack<8>(data, fill, element, element_offset, to);
  }
}

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

}  // namespace cutpoint
