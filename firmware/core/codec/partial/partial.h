// A coded tensor of which only some bytes came: the elements that can be told from those. docs/codecs.md.
#ifndef CUTPOINT_CODEC_PARTIAL_PARTIAL_H_
#define CUTPOINT_CODEC_PARTIAL_PARTIAL_H_

#include <stddef.h>
#include <stdint.h>

#include "../../span.h"
#include "../../status.h"
#include "../tables/codec_tables.h"

namespace cutpoint {

// Bytes [first, end) of a coded tensor, at least one.
struct ByteRange {
  size_t first;
  size_t end;
};

// Restores the elements that are there and counts them; every other becomes what the zero level stands for. Of lowbit an
// element is there when its bits are, of rans in slices when its slice is whole; of rans in one stream, of slicer, and of
// delta nothing is. Nothing is there either without the mark of the tables at the front.
// `came`: ascending, and apart from each other (kArgument). Bytes of `coded` outside of it are not looked at.
// kTables for another mark, kCoded for bytes that came and that no encoder makes; `elements` means nothing then.
Status decode_partial(const TensorTables& tables, Bytes coded, Span<const ByteRange> came, MutableBytes elements,
                      size_t& there);

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_PARTIAL_PARTIAL_H_
