// The inner loops of codec bitmap, for elements of 1, 2, 4 or 8 bytes (`item`). ../codec.h says what the form is.
#ifndef CUTPOINT_CODEC_BITMAP_BITMAP_H_
#define CUTPOINT_CODEC_BITMAP_BITMAP_H_

#include <stddef.h>
#include <stdint.h>

#include "../../span.h"
#include "../../status.h"

namespace cutpoint {

constexpr size_t bitmap_bytes(size_t elements) { return elements / 8 + (elements % 8 != 0 ? 1 : 0); }

// Elements of `data` that are not the fill.
size_t count_differing(size_t item, Bytes data, const uint8_t* fill);

// The bitmap byte that describes elements [first, first + 8), fewer at the end.
uint8_t bitmap_byte(size_t item, Bytes data, size_t first, const uint8_t* fill);

// Copies the elements that differ, from `element` on, until `to` is full; returns how many bytes. An element may be
// split between two calls: element_offset of its bytes have been handed out.
size_t pack_differing(size_t item, Bytes data, const uint8_t* fill, size_t& element, size_t& element_offset,
                      MutableBytes to);

// Restores `raw` from fill, bitmap and packed elements; kCoded for anything but the canonical form. The caller has
// checked that fill and bitmap are there.
Status decode_bitmap(size_t item, Bytes coded, MutableBytes raw);

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_BITMAP_BITMAP_H_
