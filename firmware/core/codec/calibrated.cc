#include "calibrated.h"

#include "../bytes.h"
#include "delta/delta.h"
#include "lowbit/lowbit.h"
#include "rans/rans.h"
#include "slicer/slicer.h"

namespace cutpoint {
namespace {

DeltaTables delta_of(const TensorTables& tables) {
  return DeltaTables{tables.grid,     tables.dtype,     tables.tolerance, tables.to_level,
                     tables.to_value, tables.models[0], tables.models[1]};
}

// Behind the mark.
size_t encode_behind(const TensorTables& tables, const DeltaSlot& slot, Bytes elements, MutableBytes out) {
  switch (tables.codec) {
    case CodecId::kRans:
      return encode_streams(tables.grid, tables.models[0], tables.to_level, elements, out);
    case CodecId::kDelta:
      return encode_delta(delta_of(tables), slot, elements, out);
    case CodecId::kSlicer:
      return encode_slicer(tables.slicer, elements, out);
    default:
      return 0;
  }
}

// Takes the mark off.
Status open_coded(const TensorTables& tables, Bytes coded, Bytes& behind) {
  if (coded.size() < kTablesMarkBytes) {
    return Status::kCoded;
  }
  behind = coded.from(kTablesMarkBytes);
  return load_u16(coded.data()) == tables.mark ? Status::kOk : Status::kTables;
}

}  // namespace

size_t encode_calibrated(const TensorTables& tables, const DeltaSlot& slot, Bytes elements, MutableBytes out) {
  const size_t mark = out.size() < kTablesMarkBytes ? out.size() : kTablesMarkBytes;
  const size_t bytes = encode_behind(tables, slot, elements, out.from(mark));
  if (bytes == 0) {
    return 0;
  }
  store_u16(out.end() - bytes - kTablesMarkBytes, tables.mark);
  return bytes + kTablesMarkBytes;
}

Status decode_levels(const TensorTables& tables, Bytes coded, Bytes reference, MutableBytes levels) {
  Bytes behind;
  CUTPOINT_TRY(open_coded(tables, coded, behind));
  return decode_delta(delta_of(tables), behind, reference, levels);
}

void levels_to_elements(const TensorTables& tables, MutableBytes levels) {
  for (uint8_t& level : levels) {
    level = tables.to_value[level];
  }
}

Status decode_calibrated(const TensorTables& tables, Bytes coded, MutableBytes elements) {
  Bytes behind;
  CUTPOINT_TRY(open_coded(tables, coded, behind));
  switch (tables.codec) {
    case CodecId::kLowbit:
      return decode_lowbit(tables, coded, elements);
    case CodecId::kSlicer:
      return decode_slicer(tables.slicer, behind, elements);
    case CodecId::kRans:
      CUTPOINT_TRY(decode_streams(tables.grid, tables.models[0], behind, Bytes(), elements));
      break;
    case CodecId::kDelta:
      CUTPOINT_TRY(decode_delta(delta_of(tables), behind, Bytes(), elements));
      break;
    default:
      return Status::kCodec;
  }
  levels_to_elements(tables, elements);
  return Status::kOk;
}

}  // namespace cutpoint
