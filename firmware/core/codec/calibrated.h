// Which function makes the coded form of a calibrated codec as a whole, and which undoes it.
#ifndef CUTPOINT_CODEC_CALIBRATED_H_
#define CUTPOINT_CODEC_CALIBRATED_H_

#include <stddef.h>
#include <stdint.h>

#include "../span.h"
#include "../status.h"
#include "delta/memory.h"
#include "tables/codec_tables.h"

namespace cutpoint {

// Into the END of `out`; returns how many bytes, 0 where they do not fit or the codec makes nothing whole. `elements` has as
// many as the tables say. The slot is delta's alone: its candidate is written in any case.
size_t encode_calibrated(const TensorTables& tables, const DeltaSlot& slot, Bytes elements, MutableBytes out);

// Of codec delta: the levels, which who decodes remembers. `reference`: the levels of the frame that the coded form names,
// empty where they are not at hand. kTables, kCoded, kReference.
Status decode_levels(const TensorTables& tables, Bytes coded, Bytes reference, MutableBytes levels);

// Restores the elements, as many as the tables say. kTables (made with others), kCoded, kReference (a change of codec
// delta), kCodec.
Status decode_calibrated(const TensorTables& tables, Bytes coded, MutableBytes elements);

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_CALIBRATED_H_
