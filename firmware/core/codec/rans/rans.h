// Codec rans: the levels of a tensor as symbols of static frequencies, coded by a 32-bit, byte-wise range variant of
// asymmetric numeral systems (J. Duda, arXiv 1311.2540). docs/codecs.md has the bytes. Encoding goes from the last
// element to the first, without a division and without a buffer.
#ifndef CUTPOINT_CODEC_RANS_RANS_H_
#define CUTPOINT_CODEC_RANS_RANS_H_

#include <stddef.h>
#include <stdint.h>

#include "../../span.h"
#include "../../status.h"
#include "../tables/codec_tables.h"
#include "model.h"

namespace cutpoint {

constexpr uint32_t kRansLow = 1u << 23;  // L: a state is in [L, 256 L) between symbols
constexpr size_t kRansStateBytes = 4;
// Levels are kept in memory with this bit turned, as the int8 tensor they mostly are: level - 128.
constexpr uint8_t kKeptLevelBit = 0x80;

// Codes a tensor of exactly these tables into the END of `out`; returns how many bytes, 0 where they do not fit.
size_t encode_rans(const TensorTables& tables, Bytes elements, MutableBytes out);

// Restores it: `elements` has the tensor's size. The mark of the tables at the front of `coded` has been looked at. kCoded
// for anything that encode_rans makes of no tensor.
Status decode_rans(const TensorTables& tables, Bytes coded, MutableBytes elements);

// Puts in place of each level the value that it stands for.
void levels_to_values(const TensorTables& tables, MutableBytes levels);

// What follows is that of the streams alone, without the mark.

// Codes `elements`, as many as the grid has, into the END of `out`; returns how many bytes, 0 where they do not fit.
// `to_level` has 256 entries; 0 too where none of them is the zero level. The model is not one of changes.
size_t encode_streams(const LevelGrid& grid, const RansModel& model, const uint8_t* to_level, Bytes elements,
                      MutableBytes out);

// The same of kept levels, with those of a reference frame beside them. A model that is not of changes looks at the
// reference never; it may be empty then.
size_t encode_kept_levels(const LevelGrid& grid, const RansModel& model, Bytes kept, Bytes reference,
                          MutableBytes out);

// Restores the levels (not kept: as they are) of the whole grid into `levels`, from the streams alone. `reference` are
// levels too, empty for a model that is not of changes. kCoded for anything that no encoder makes; `levels` then holds
// what was read up to there.
Status decode_streams(const LevelGrid& grid, const RansModel& model, Bytes coded, Bytes reference,
                      MutableBytes levels);

// The same of one slice alone, which needs no other: `stream` is its own, and only the levels of its channels are written.
Status decode_slice(const LevelGrid& grid, const RansModel& model, size_t group, Bytes stream, MutableBytes levels);

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_RANS_RANS_H_
