// What lies behind a slot's header: that it is there in full, is what it says, and hashes to what the header states.
#include "header.h"

namespace cutpoint::device {
namespace {

// A FlatBuffer's file identifier stands after the offset of its root table.
constexpr uint8_t kTfliteIdentifier[4] = {'T', 'F', 'L', '3'};
constexpr uint8_t kPlanMagic[4] = {'C', 'P', 'S', 'P'};    // stream/plan.h
constexpr uint8_t kTablesMagic[4] = {'C', 'P', 'C', 'T'};  // docs/codecs.md
constexpr size_t kTfliteBytes = 8;                       // up to the end of the identifier
constexpr size_t kHashStepBytes = 4096;  // long hashes in steps, so that an accelerator's lock is never held for long

}  // namespace

SlotFault check_slot(Bytes slot, Hash& hash, SlotHeader& header) {
  const SlotFault fault = read_slot_header(slot, header);
  if (fault != SlotFault::kNone) {
    return fault;
  }
  if (slot.size() < header.image_bytes()) {
    return SlotFault::kTruncated;
  }
  const Bytes body = slot.slice(kSlotHeaderBytes, header.image_bytes() - kSlotHeaderBytes);
  if (!looks_like_tflite(body)) {
    return SlotFault::kModel;
  }
  if (!hash.reset()) {
    return SlotFault::kHash;
  }
  for (size_t at = 0; at < body.size(); at += kHashStepBytes) {
    const size_t left = body.size() - at;
    if (!hash.update(body.slice(at, left < kHashStepBytes ? left : kHashStepBytes))) {
      return SlotFault::kHash;
    }
  }
  uint8_t digest[kSha256Bytes] = {};
  if (!hash.finish(digest)) {
    return SlotFault::kHash;
  }
  if (!equal_bytes(digest, header.sha256, kSha256Bytes)) {
    return SlotFault::kModel;
  }
  if (header.plan_bytes != 0 && !looks_like_plan(slot.from(header.plan_at()))) {
    return SlotFault::kPlan;
  }
  const bool tables = header.tables_bytes == 0 || looks_like_tables(slot.from(header.tables_at()));
  return tables ? SlotFault::kNone : SlotFault::kTables;
}

bool looks_like_tflite(Bytes head) {
  return head.size() >= kTfliteBytes &&
         equal_bytes(head.data() + 4, kTfliteIdentifier, sizeof kTfliteIdentifier);
}

bool looks_like_plan(Bytes head) {
  return head.size() >= kLeastPlanBytes && equal_bytes(head.data(), kPlanMagic, sizeof kPlanMagic);
}

bool looks_like_tables(Bytes head) {
  return head.size() >= kLeastTablesBytes && equal_bytes(head.data(), kTablesMagic, sizeof kTablesMagic);
}

}  // namespace cutpoint::device
