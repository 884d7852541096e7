// Codec delta: rans against a frame that the edge has, for scenes that hardly change. docs/codecs.md has the bytes; these
// are those behind the u16 version: the age, then streams.
#ifndef CUTPOINT_CODEC_DELTA_DELTA_H_
#define CUTPOINT_CODEC_DELTA_DELTA_H_

#include <stddef.h>
#include <stdint.h>

#include "../../span.h"
#include "../../status.h"
#include "../rans/rans.h"
#include "../tensor.h"
#include "memory.h"

namespace cutpoint {

// What a tensor's block says to delta. Points into the file of tables.
struct DeltaTables {
  LevelGrid grid;
  DType dtype;               // int8 or uint8: how values are compared
  uint16_t tolerance;        // an element this near to what the reference stands for keeps the reference's level
  const uint8_t* to_level;   // 256
  const uint8_t* to_value;   // as many as levels
  RansModel key;
  RansModel change;
};

// Codes `elements` into the END of `out`; returns how many bytes, 0 where they do not fit. Writes the whole of the slot's
// candidate in any case: the levels that who decodes the frame will have, those of the raw elements where it returns 0.
size_t encode_delta(const DeltaTables& tables, const DeltaSlot& slot, Bytes elements, MutableBytes out);

// Restores the levels of the frame (as they are: what a decoder remembers, and to_value makes elements of). `reference`:
// the levels of the frame as many inferences before as the first byte says; not looked at for a key frame. kReference
// where it is not there, kCoded for what no encoder makes.
Status decode_delta(const DeltaTables& tables, Bytes coded, Bytes reference, MutableBytes levels);

// How many inferences ago the reference was; 0 for a key frame, and for no bytes at all.
inline uint8_t delta_age(Bytes coded) { return coded.empty() ? uint8_t{0} : coded[0]; }

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_DELTA_DELTA_H_
