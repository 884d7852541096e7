#include "calibrated.h"

#include "../bytes.h"
#include "delta/delta.h"
#include "lowbit/lowbit.h"
#include "rans/rans.h"

namespace cutpoint {
namespace {

Status check_mark(const TensorTables& tables, Bytes coded) {
  if (coded.size() < kTablesMarkBytes) {
    return Status::kCoded;
  }
  return load_u16(coded.data()) == tables.mark ? Status::kOk : Status::kTables;
}

}  // namespace

size_t encode_calibrated(const TensorTables& tables, const DeltaSlot& slot, Bytes elements, MutableBytes out) {
  switch (tables.codec) {
    case CodecId::kRans:
      return encode_rans(tables, elements, out);
    case CodecId::kDelta:
      return encode_delta(tables, slot, elements, out);
    default:
      return 0;
  }
}

Status decode_levels(const TensorTables& tables, Bytes coded, Bytes reference, MutableBytes levels) {
  CUTPOINT_TRY(check_mark(tables, coded));
  return decode_delta(tables, coded, reference, levels);
}

Status decode_calibrated(const TensorTables& tables, Bytes coded, MutableBytes elements) {
  CUTPOINT_TRY(check_mark(tables, coded));
  switch (tables.codec) {
    case CodecId::kLowbit:
      return decode_lowbit(tables, coded, elements);
    case CodecId::kRans:
      return decode_rans(tables, coded, elements);
    case CodecId::kDelta:
      CUTPOINT_TRY(decode_delta(tables, coded, Bytes(), elements));
      levels_to_values(tables, elements);
      return Status::kOk;
    default:
      return Status::kCodec;
  }
}

}  // namespace cutpoint
