#include "image_rule.h"

#include "../slot/header.h"
#include "esp_image.h"

namespace cutpoint::device {
namespace {

constexpr size_t kTfliteHeadBytes = 8;

}  // namespace

uint32_t SlotImageRule::head_bytes() const { return static_cast<uint32_t>(kSlotHeaderBytes + kTfliteHeadBytes); }

bool SlotImageRule::read_head(FlashArea& area, uint32_t size, SlotHeader& header, Sentence& why) {
  uint8_t piece[kSlotPieceBytes];
  SlotHeaderReader reader;
  bool readable = true;
  for (uint32_t at = 0; at < kSlotHeaderBytes; at += static_cast<uint32_t>(kSlotPieceBytes)) {
    readable = readable && area.read(at, MutableBytes(piece));
    reader.add(Bytes(piece));
  }
  if (!readable || !area.read(static_cast<uint32_t>(kSlotHeaderBytes), MutableBytes(piece, kTfliteHeadBytes))) {
    why = Sentence("the spare slot cannot be read back");
    return false;
  }
  const SlotFault fault = reader.finish(header);
  if (fault != SlotFault::kNone || !looks_like_tflite(Bytes(piece, kTfliteHeadBytes))) {
    why = Sentence(slot_fault_text(fault != SlotFault::kNone ? fault : SlotFault::kModel));
    return false;
  }
  if (header.image_bytes() != size) {
    why = Sentence("the slot image states ");
    why.add(header.image_bytes()).add(" bytes, the update ").add(size).add("; send the file as it was made");
    return false;
  }
  return true;
}

bool SlotImageRule::accept_head(FlashArea& area, uint32_t size, Sentence& why) {
  SlotHeader header;
  return read_head(area, size, header, why);
}

bool SlotImageRule::accept(FlashArea& area, uint32_t size, Hash& hash, Sentence& why) {
  uint8_t digest[kSha256Bytes] = {};
  SlotHeader header;
  if (!read_head(area, size, header, why)) {
    return false;
  }
  if (!hash_area(area, static_cast<uint32_t>(kSlotHeaderBytes), size, hash, digest) ||
      !equal_bytes(digest, header.sha256, kSha256Bytes)) {
    why = Sentence(slot_fault_text(SlotFault::kModel));
    return false;
  }
  uint8_t plan[kLeastPlanBytes] = {};
  if (header.plan_bytes != 0 && !(area.read(header.plan_at(), MutableBytes(plan)) && looks_like_plan(Bytes(plan)))) {
    why = Sentence(slot_fault_text(SlotFault::kPlan));
    return false;
  }
  uint8_t tables[kLeastTablesBytes] = {};
  if (header.tables_bytes != 0 &&
      !(area.read(header.tables_at(), MutableBytes(tables)) && looks_like_tables(Bytes(tables)))) {
    why = Sentence(slot_fault_text(SlotFault::kTables));
    return false;
  }
  return true;
}

uint32_t AppImageRule::head_bytes() const { return static_cast<uint32_t>(kAppHeadBytes); }

bool AppImageRule::accept_head(FlashArea& area, uint32_t size, Sentence& why) {
  uint8_t head[kAppHeadBytes] = {};
  if (!area.read(0, MutableBytes(head))) {
    why = Sentence("the spare application partition cannot be read back");
    return false;
  }
  return check_app_head(Bytes(head), chip_, size, why);
}

bool AppImageRule::accept(FlashArea& area, uint32_t size, Hash&, Sentence& why) {
  uint8_t head[kAppHeadBytes] = {};
  if (!area.read(0, MutableBytes(head))) {
    why = Sentence("the spare application partition cannot be read back");
    return false;
  }
  if (!check_app_head(Bytes(head), chip_, size, why)) {
    return false;
  }
  uint32_t at = kAppHeaderBytes;
  for (uint8_t segment = 0; segment < head[1]; ++segment) {
    uint8_t bytes[kAppSegmentBytes] = {};
    if (at > size || size - at < kAppSegmentBytes || !area.read(at, MutableBytes(bytes))) {
      return truncated(why);
    }
    const uint32_t length = load_u32(bytes + 4);
    at += static_cast<uint32_t>(kAppSegmentBytes);
    if (length > size - at) {
      return truncated(why);
    }
    at += length;
  }
  if (size - at < app_tail_bytes(at, head[kAppHashAt] == 1)) {
    return truncated(why);
  }
  return true;
}

bool AppImageRule::truncated(Sentence& why) {
  why = Sentence("the application image is truncated: a segment ends behind its last byte; build and send it again");
  return false;
}

}  // namespace cutpoint::device
