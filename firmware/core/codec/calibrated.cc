#include "calibrated.h"

#include "../bytes.h"
#include "delta/delta.h"
#include "lowbit/lowbit.h"
#include "rans/rans.h"
#include "slicer/slicer.h"

namespace cutpoint {
namespace {

Status check_mark(const TensorTables& tables, Bytes coded) {
  if (coded.size() < kTablesMarkBytes) {
    return Status::kCoded;
  }
  return load_u16(coded.data()) == tables.mark ? Status::kOk : Status::kTables;
}

// Codec slicer knows nothing of tables but its own settings.
size_t encode_marked_slicer(const TensorTables& tables, Bytes elements, MutableBytes out) {
  if (out.size() < kTablesMarkBytes) {
    return 0;
  }
  const size_t bytes = encode_slicer(tables.slicer, elements, out.from(kTablesMarkBytes));
  if (bytes == 0) {
    return 0;
  }
  store_u16(out.end() - bytes - kTablesMarkBytes, tables.mark);
  return bytes + kTablesMarkBytes;
}

}  // namespace

size_t encode_calibrated(const TensorTables& tables, const DeltaSlot& slot, Bytes elements, MutableBytes out) {
  switch (tables.codec) {
    case CodecId::kRans:
      return encode_rans(tables, elements, out);
    case CodecId::kSlicer:
      return encode_marked_slicer(tables, elements, out);
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
    case CodecId::kSlicer:
      return decode_slicer(tables.slicer, coded.from(kTablesMarkBytes), elements);
    case CodecId::kDelta:
      CUTPOINT_TRY(decode_delta(tables, coded, Bytes(), elements));
      levels_to_values(tables, elements);
      return Status::kOk;
    default:
      return Status::kCodec;
  }
}

}  // namespace cutpoint
