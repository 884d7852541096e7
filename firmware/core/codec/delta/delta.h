// Codec delta: rans against a frame that the edge has, for scenes that hardly change. docs/codecs.md has the
// bytes.
#ifndef CUTPOINT_CODEC_DELTA_DELTA_H_
#define CUTPOINT_CODEC_DELTA_DELTA_H_

#include <stddef.h>
#include <stdint.h>

#include "../../span.h"
#include "../../status.h"
#include "../tables/codec_tables.h"
#include "memory.h"

namespace cutpoint {

// Codes `elements` into the END of `out`; returns how many bytes, 0 where they do not fit. Writes the whole of the slot's
// candidate in any case: the levels that who decodes the frame will have, those of the raw elements where it returns 0.
size_t encode_delta(const TensorTables& tables, const DeltaSlot& slot, Bytes elements, MutableBytes out);

// Restores the levels of the frame (as they are: what a decoder remembers, and to_value makes elements of). `reference`:
// the levels of the frame as many inferences before as delta_age() says; not looked at for a key frame. The mark of the
// tables has been looked at. kReference where the reference is not there, kCoded for what no encoder makes.
Status decode_delta(const TensorTables& tables, Bytes coded, Bytes reference, MutableBytes levels);

// kReference unless these are levels of a whole frame of this tensor.
Status check_reference(const TensorTables& tables, Bytes reference);

// How many inferences ago the reference was; 0 for a key frame, and for what is too short to say.
inline uint8_t delta_age(Bytes coded) {
  return coded.size() <= kTablesMarkBytes ? uint8_t{0} : coded[kTablesMarkBytes];
}

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_DELTA_DELTA_H_
