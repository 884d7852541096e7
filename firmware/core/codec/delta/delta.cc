#include "delta.h"

#include "../../bytes.h"
#include "../rans/rans.h"

namespace cutpoint {
namespace {

constexpr size_t kHeadBytes = kTablesMarkBytes + 1;  // mark, age

int32_t value_of(DType dtype, uint8_t element) {
  return dtype == DType::kInt8 ? static_cast<int32_t>(static_cast<int8_t>(element)) : static_cast<int32_t>(element);
}

void keep_own_levels(const TensorTables& tables, Bytes elements, MutableBytes kept) {
  for (size_t i = 0; i < kept.size(); ++i) {
    kept[i] = tables.to_level[elements[i]] ^ kKeptLevelBit;
  }
}

// Returns how many elements have another level than in the reference.
size_t keep_changed_levels(const TensorTables& tables, Bytes elements, Bytes reference, MutableBytes kept) {
  const int32_t tolerance = tables.tolerance;
  size_t changed = 0;
  for (size_t i = 0; i < kept.size(); ++i) {
    const uint8_t before = reference[i];
    const int32_t known = value_of(tables.dtype, tables.to_value[before ^ kKeptLevelBit]);
    const int32_t apart = value_of(tables.dtype, elements[i]) - known;
    uint8_t now = before;
    if (apart > tolerance || apart < -tolerance) {
      now = tables.to_level[elements[i]] ^ kKeptLevelBit;
      changed += now != before ? 1u : 0u;
    }
    kept[i] = now;
  }
  return changed;
}

size_t with_head(const TensorTables& tables, uint8_t age, size_t streams, MutableBytes out) {
  uint8_t* const head = out.end() - streams - kHeadBytes;
  store_u16(head, tables.mark);
  head[kTablesMarkBytes] = age;
  return kHeadBytes + streams;
}

size_t encode_key(const TensorTables& tables, const DeltaSlot& slot, Bytes elements, MutableBytes out) {
  keep_own_levels(tables, elements, slot.candidate);
  const size_t streams =
      encode_streams(tables.grid, tables.models[0], tables.to_level, elements, out.from(kHeadBytes));
  return streams != 0 ? with_head(tables, 0, streams, out) : 0;
}

}  // namespace

size_t encode_delta(const TensorTables& tables, const DeltaSlot& slot, Bytes elements, MutableBytes out) {
  if (out.size() < kHeadBytes) {
    keep_own_levels(tables, elements, slot.candidate);
    return 0;
  }
  if (slot.reference.empty() || slot.candidate.empty()) {
    return encode_key(tables, slot, elements, out);
  }
  const MutableBytes room = out.from(kHeadBytes);
  const size_t changed = keep_changed_levels(tables, elements, slot.reference, slot.candidate);
  const size_t changes = encode_kept_levels(tables.grid, tables.models[1], slot.candidate, slot.reference, room);
  if (changes == 0) {
    return encode_key(tables, slot, elements, out);
  }
  if (changed > elements.size() / 2) {
    // Another scene, or noise that a reference says little of. There is no room for both forms: where the key frame is not
    // smaller, the changes are made again.
    const size_t streams = encode_streams(tables.grid, tables.models[0], tables.to_level, elements, room);
    if (streams != 0 && streams < changes) {
      keep_own_levels(tables, elements, slot.candidate);
      return with_head(tables, 0, streams, out);
    }
    encode_kept_levels(tables.grid, tables.models[1], slot.candidate, slot.reference, room);
  }
  return with_head(tables, slot.age, changes, out);
}

Status decode_delta(const TensorTables& tables, Bytes coded, Bytes reference, MutableBytes levels) {
  if (coded.size() < kHeadBytes) {
    return Status::kCoded;
  }
  const Bytes streams = coded.from(kHeadBytes);
  if (delta_age(coded) == 0) {
    return decode_streams(tables.grid, tables.models[0], streams, Bytes(), levels);
  }
  CUTPOINT_TRY(check_reference(tables, reference));
  return decode_streams(tables.grid, tables.models[1], streams, reference, levels);
}

Status check_reference(const TensorTables& tables, Bytes reference) {
  if (reference.size() != tables.elements()) {
    return Status::kReference;
  }
  for (const uint8_t level : reference) {
    if (level >= tables.grid.levels) {
      return Status::kReference;
    }
  }
  return Status::kOk;
}

}  // namespace cutpoint
