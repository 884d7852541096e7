#include "header.h"

#include "../../core/crc32.h"

namespace cutpoint::device {
namespace {

// Where the fields lie; docs/board.md has the same table.
constexpr size_t kVersionAt = 4;
constexpr size_t kFlagsAt = 6;  // u16, 0
constexpr size_t kCrcAt = 8;
constexpr size_t kModelBytesAt = 12;
constexpr size_t kShaAt = 16;
constexpr size_t kModelAt = 48;
constexpr size_t kOperatorsAt = 52;
constexpr size_t kOnBoardAt = 54;
constexpr size_t kArenaEntriesAt = 56;
constexpr size_t kBlockEntriesAt = 58;  // 0 in version 1, as all that speaks of a plan
constexpr size_t kNameAt = 60;
constexpr size_t kOffsetAt = 124;  // u32, of the model
constexpr size_t kStampAt = 128;
constexpr size_t kPlanBytesAt = 132;
constexpr size_t kPlanOffsetAt = 136;
constexpr size_t kTablesBytesAt = 140;  // 0 before version 3, as where they begin
constexpr size_t kTablesOffsetAt = 144;
constexpr size_t kZeroAt = 148;
constexpr size_t kArenaAt = 256;
static_assert(kArenaAt + 4 * kMaxArenaEntries == kSlotHeaderBytes, "the tables fill the sector");

constexpr uint8_t kMagic[4] = {'C', 'P', 'S', 'L'};
constexpr size_t kLeastModelBytes = 8;

bool all(Bytes bytes, uint8_t value) {
  for (const uint8_t byte : bytes) {
    if (byte != value) {
      return false;
    }
  }
  return true;
}

bool name_character(char c, bool first) {
  const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return alphanumeric || (!first && (c == '.' || c == '_' || c == '-'));
}

// The names of bundles: they end up in JSON and on consoles.
size_t name_length(Bytes field) {
  size_t length = 0;
  while (length < field.size() && name_character(static_cast<char>(field[length]), length == 0)) {
    length += 1;
  }
  return all(field.from(length), 0) ? length : 0;
}

size_t table_entries(const SlotHeader& header) { return size_t{header.arena_entries} + header.block_entries; }

bool plan_fits(const SlotHeader& header) {
  if (header.plan_bytes == 0) {
    return header.block_entries == 0;
  }
  return header.plan_bytes >= kLeastPlanBytes &&
         header.plan_bytes <= UINT32_MAX - kSlotAlignment - header.plan_at() &&
         header.block_entries <= header.on_board;
}

// Of a header whose plan fits.
bool tables_fit(const SlotHeader& header) {
  return header.tables_bytes == 0 || (header.tables_bytes >= kLeastTablesBytes &&
                                      header.tables_bytes <= UINT32_MAX - header.tables_at());
}

bool counts_fit(const SlotHeader& header) {
  return header.model_bytes >= kLeastModelBytes &&
         header.model_bytes <= UINT32_MAX - kSlotHeaderBytes - 2 * kSlotAlignment &&
         header.on_board <= header.operators && header.operators != 0 && header.arena_entries <= header.on_board &&
         table_entries(header) <= kMaxArenaEntries && plan_fits(header) && tables_fit(header);
}

// A header is written as before there was what it has not, so that older firmware takes it.
uint16_t version_of(const SlotHeader& header) {
  if (header.tables_bytes != 0) {
    return kSlotVersionWithTables;
  }
  return header.plan_bytes == 0 ? kSlotVersion : kSlotVersionWithPlan;
}

uint32_t stated_plan_at(const SlotHeader& header) { return header.plan_bytes == 0 ? 0 : header.plan_at(); }

uint32_t stated_tables_at(const SlotHeader& header) { return header.tables_bytes == 0 ? 0 : header.tables_at(); }

// What can be told before the whole sector is there; at least the version is.
SlotFault first_fault(Bytes head) {
  if (all(head.first(kVersionAt + 2), 0xFF)) {
    return SlotFault::kEmpty;
  }
  if (!equal_bytes(head.data(), kMagic, sizeof kMagic)) {
    return SlotFault::kMagic;
  }
  const uint16_t version = load_u16(head.data() + kVersionAt);
  return version >= kSlotVersion && version <= kSlotVersionWithTables ? SlotFault::kNone : SlotFault::kVersion;
}

}  // namespace

const char* slot_fault_text(SlotFault fault) {
  switch (fault) {
    case SlotFault::kNone:
      return "the slot holds a model";
    case SlotFault::kEmpty:
      return "the slot is empty: write a model with `cutpoint flash --model`, or over MQTT with `cutpoint update`";
    case SlotFault::kTruncated:
      return "the slot image is truncated: it states more bytes than are there; write it again";
    case SlotFault::kMagic:
      return "this is no slot image, which begins with CPSL: a bare .tflite needs `cutpoint flash --model` or `cutpoint update`";
    case SlotFault::kVersion:
      return "the slot image is of another version than this firmware reads, 1 to 3: update the firmware or the tools";
    case SlotFault::kCrc:
      return "the slot's header is damaged: its CRC-32 differs; write the model again";
    case SlotFault::kFields:
      return "the slot's header contradicts itself or sets what its version reserves; make the image again";
    case SlotFault::kModel:
      return "the model in the slot is damaged: the SHA-256 differs, or it is no .tflite; write it again";
    case SlotFault::kHash:
      return "the SHA-256 of the slot could not be computed; restart the board";
    case SlotFault::kPlan:
      return "what lies behind the slot's model is no plan of the Stream engine; make the image again";
    case SlotFault::kTables:
      return "what should be the slot's codec tables are none, they begin with CPCT; make the image again";
  }
  return "";
}

void SlotHeaderReader::add(Bytes piece) {
  const uint8_t* at = piece.data();
  if (at_ != 0) {
    crc_ = crc32(crc_, piece);
    const size_t table_end = kArenaAt + 4 * table_entries(read_);
    const size_t inside = table_end <= at_ ? 0 : table_end - at_;
    fields_fit_ = fields_fit_ && (inside >= piece.size() || all(piece.from(inside), 0));
    at_ += piece.size();
    return;
  }
  at_ = piece.size();
  fault_ = first_fault(piece);
  stated_crc_ = load_u32(at + kCrcAt);
  const uint8_t zero[4] = {};
  crc_ = crc32(crc32(crc32(0, piece.first(kCrcAt)), Bytes(zero)), piece.from(kCrcAt + 4));
  version_ = load_u16(at + kVersionAt);
  read_.model_bytes = load_u32(at + kModelBytesAt);
  read_.plan_bytes = load_u32(at + kPlanBytesAt);
  read_.tables_bytes = load_u32(at + kTablesBytesAt);
  copy_bytes(read_.sha256, at + kShaAt, kSha256Bytes);
  copy_bytes(read_.model.bytes, at + kModelAt, kModelIdBytes);
  read_.operators = load_u16(at + kOperatorsAt);
  read_.on_board = load_u16(at + kOnBoardAt);
  read_.stamp = load_u32(at + kStampAt);
  read_.arena_entries = load_u16(at + kArenaEntriesAt);
  read_.block_entries = load_u16(at + kBlockEntriesAt);
  const size_t length = name_length(piece.slice(kNameAt, kMaxSlotName));
  copy_bytes(reinterpret_cast<uint8_t*>(read_.name), at + kNameAt, length);
  fields_fit_ = counts_fit(read_) && length != 0 && load_u16(at + kFlagsAt) == 0 &&
                version_ == version_of(read_) && load_u32(at + kOffsetAt) == kSlotHeaderBytes &&
                load_u32(at + kPlanOffsetAt) == stated_plan_at(read_) &&
                load_u32(at + kTablesOffsetAt) == stated_tables_at(read_) &&
                all(piece.slice(kZeroAt, kArenaAt - kZeroAt), 0);
}

SlotFault SlotHeaderReader::finish(SlotHeader& header) const {
  header = SlotHeader();
  if (fault_ != SlotFault::kNone || at_ != kSlotHeaderBytes) {
    return fault_ != SlotFault::kNone ? fault_ : SlotFault::kTruncated;
  }
  if (crc_ != stated_crc_) {
    return SlotFault::kCrc;
  }
  if (!fields_fit_) {
    return SlotFault::kFields;
  }
  header = read_;
  return SlotFault::kNone;
}

SlotFault read_slot_header(Bytes bytes, SlotHeader& header) {
  header = SlotHeader();
  if (bytes.size() < kSlotHeaderBytes) {
    const SlotFault fault = bytes.size() < kVersionAt + 2 ? SlotFault::kNone : first_fault(bytes);
    return fault != SlotFault::kNone ? fault : SlotFault::kTruncated;
  }
  SlotHeaderReader reader;
  for (size_t at = 0; at < kSlotHeaderBytes; at += kSlotPieceBytes) {
    reader.add(bytes.slice(at, kSlotPieceBytes));
  }
  const SlotFault fault = reader.finish(header);
  if (fault == SlotFault::kNone) {
    header.arena = bytes.slice(kArenaAt, 4u * header.arena_entries);
    header.block = bytes.slice(kArenaAt + header.arena.size(), 4u * header.block_entries);
  }
  return fault;
}

SlotFault write_slot_header(const SlotHeader& header, Span<uint8_t> sector) {
  if (sector.size() != kSlotHeaderBytes) {
    return SlotFault::kTruncated;
  }
  fill_bytes(sector.data(), 0, sector.size());
  const Bytes name(reinterpret_cast<const uint8_t*>(header.name), kMaxSlotName);
  if (!counts_fit(header) || name_length(name) == 0 || header.name[kMaxSlotName] != '\0' ||
      header.arena.size() != 4u * header.arena_entries || header.block.size() != 4u * header.block_entries) {
    return SlotFault::kFields;
  }
  uint8_t* at = sector.data();
  copy_bytes(at, kMagic, sizeof kMagic);
  store_u16(at + kVersionAt, version_of(header));
  store_u32(at + kModelBytesAt, header.model_bytes);
  copy_bytes(at + kShaAt, header.sha256, kSha256Bytes);
  copy_bytes(at + kModelAt, header.model.bytes, kModelIdBytes);
  store_u16(at + kOperatorsAt, header.operators);
  store_u16(at + kOnBoardAt, header.on_board);
  store_u16(at + kArenaEntriesAt, header.arena_entries);
  store_u16(at + kBlockEntriesAt, header.block_entries);
  copy_bytes(at + kNameAt, name.data(), name.size());
  store_u32(at + kStampAt, header.stamp);
  store_u32(at + kOffsetAt, static_cast<uint32_t>(kSlotHeaderBytes));
  store_u32(at + kPlanBytesAt, header.plan_bytes);
  store_u32(at + kPlanOffsetAt, stated_plan_at(header));
  store_u32(at + kTablesBytesAt, header.tables_bytes);
  store_u32(at + kTablesOffsetAt, stated_tables_at(header));
  copy_bytes(at + kArenaAt, header.arena.data(), header.arena.size());
  copy_bytes(at + kArenaAt + header.arena.size(), header.block.data(), header.block.size());
  store_u32(at + kCrcAt, crc32(0, sector));  // the field itself still being 0
  return SlotFault::kNone;
}

uint32_t slot_crc(Bytes sector) { return load_u32(sector.data() + kCrcAt); }

uint16_t largest_cut_within(const SlotHeader& header, uint32_t bytes, SlotEngine engine) {
  for (uint16_t k = engine == SlotEngine::kStream ? header.block_entries : header.arena_entries; k >= 1; --k) {
    const uint32_t needed = header.needed_bytes(engine, k);
    if (needed != 0 && needed <= bytes) {
      return k;
    }
  }
  return 0;
}

}  // namespace cutpoint::device
