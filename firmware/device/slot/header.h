// The slot image: one flash sector of header, then the device's .tflite, then the Stream engine's plan and the codec
// tables if it has them; as it lies in a model partition and as it travels in an update. docs/board.md has the table of
// its bytes.
#ifndef CUTPOINT_DEVICE_SLOT_HEADER_H_
#define CUTPOINT_DEVICE_SLOT_HEADER_H_

#include <stddef.h>
#include <stdint.h>

#include "../../core/bytes.h"
#include "../../core/frame/header.h"
#include "hash.h"

namespace cutpoint::device {

constexpr size_t kSlotHeaderBytes = 4096;  // one flash sector; the model begins right after it
constexpr uint16_t kSlotVersion = 1;            // neither plan nor tables
constexpr uint16_t kSlotVersionWithPlan = 2;    // its plan_bytes are not 0, and it has no tables
constexpr uint16_t kSlotVersionWithTables = 3;  // its tables_bytes are not 0; with a plan or without one
constexpr size_t kSlotAlignment = 4;            // of plan and tables in the image: they are read in place
constexpr size_t kLeastPlanBytes = 44;          // the plan's own header
constexpr size_t kLeastTablesBytes = 16;        // the header of the codec tables
constexpr size_t kMaxSlotName = 64;
constexpr size_t kMaxArenaEntries = 960;      // of both tables together

// Why bytes are no slot image.
enum class SlotFault : uint8_t {
  kNone = 0,
  kEmpty,      // erased flash
  kTruncated,  // fewer bytes than the header, or than the header states
  kMagic,
  kVersion,
  kCrc,
  kFields,  // a number out of range, a reserved byte that is not 0, a name that is none
  kModel,   // the SHA-256 differs, or no FlatBuffer of TensorFlow Lite
  kHash,    // the hash itself failed
  kPlan,    // what should be a plan does not begin like one
  kTables,  // what should be codec tables does not begin like them
};

// One sentence, for people.
const char* slot_fault_text(SlotFault fault);

// Who runs the model, which says what it needs.
enum class SlotEngine : uint8_t { kTflm, kStream };

struct SlotHeader {
  uint32_t model_bytes = 0;
  uint32_t plan_bytes = 0;            // 0: the image has no plan, so only TFLM can run it
  uint32_t tables_bytes = 0;          // 0: the image has no codec tables
  uint8_t sha256[kSha256Bytes] = {};  // of everything behind the header: model, plan, tables
  ModelId model = {};                 // of the whole network
  uint16_t operators = 0;             // N
  uint16_t on_board = 0;              // K
  char name[kMaxSlotName + 1] = "";
  uint32_t stamp = 0;          // any number: tells two images of one model apart, see slot/choice.h
  uint16_t arena_entries = 0;  // for the cuts 1, 2, ...
  uint16_t block_entries = 0;  // the same; 0 without a plan. At most kMaxArenaEntries with arena_entries
  Bytes arena;                 // arena_entries x u32; points into the header that was read
  Bytes block;                 // block_entries x u32, likewise

  // TFLM's arena for operators [0, k), bytes; 0 when it is not known.
  uint32_t arena_bytes(uint16_t k) const { return entry(arena, k); }
  // Stream's block for operators [0, k), bytes, the picture not included; 0 when it is not known.
  uint32_t block_bytes(uint16_t k) const { return entry(block, k); }
  uint32_t needed_bytes(SlotEngine engine, uint16_t k) const {
    return engine == SlotEngine::kStream ? block_bytes(k) : arena_bytes(k);
  }

  // Where plan and tables begin in the image: each right behind what comes before it, at a multiple of kSlotAlignment.
  uint32_t plan_at() const { return aligned(model_end()); }
  uint32_t tables_at() const { return aligned(plan_end()); }
  uint32_t image_bytes() const { return tables_bytes == 0 ? plan_end() : tables_at() + tables_bytes; }

 private:
  static uint32_t aligned(uint32_t at) {
    return (at + static_cast<uint32_t>(kSlotAlignment) - 1) & ~(static_cast<uint32_t>(kSlotAlignment) - 1);
  }
  uint32_t model_end() const { return static_cast<uint32_t>(kSlotHeaderBytes) + model_bytes; }
  uint32_t plan_end() const { return plan_bytes == 0 ? model_end() : plan_at() + plan_bytes; }
  static uint32_t entry(Bytes table, uint16_t k) {
    return k >= 1 && 4u * k <= table.size() ? load_u32(table.data() + 4 * (k - 1u)) : 0;
  }
};

// Checks a header that comes piece by piece, for those who cannot hold a sector: kSlotHeaderBytes / kSlotPieceBytes
// pieces, in order. The header then has no tables.
constexpr size_t kSlotPieceBytes = 256;
class SlotHeaderReader {
 public:
  void add(Bytes piece);
  SlotFault finish(SlotHeader& header) const;

 private:
  SlotHeader read_;
  SlotFault fault_ = SlotFault::kNone;  // of what the first piece says of itself, before the CRC is known
  uint16_t version_ = 0;
  bool fields_fit_ = false;
  uint32_t stated_crc_ = 0;
  uint32_t crc_ = 0;
  size_t at_ = 0;
};

// Checks every byte of the header; `bytes` holds at least kSlotHeaderBytes and outlives `header.arena` and `block`.
SlotFault read_slot_header(Bytes bytes, SlotHeader& header);

// Fills a whole sector, of the version that plan and tables ask for; kFields for what a reader would refuse.
SlotFault write_slot_header(const SlotHeader& header, Span<uint8_t> sector);

// Header, then that model, plan and tables are there in full, look like what they should be, and have the stated
// SHA-256. What the plan says is for stream/check.h, what the tables say for codec/tables.h. `slot` is the mapped partition, or an image of exactly its size.
SlotFault check_slot(Bytes slot, Hash& hash, SlotHeader& header);

// The identifier that a .tflite carries in its bytes 4 to 7.
bool looks_like_tflite(Bytes head);

// The mark that a plan begins with.
bool looks_like_plan(Bytes head);

// The mark that codec tables begin with.
bool looks_like_tables(Bytes head);

// The CRC field of a sector that holds a good header: tells one image from another.
uint32_t slot_crc(Bytes sector);

// The largest k for which an engine is known to need at most `bytes`; 0 when there is none.
uint16_t largest_cut_within(const SlotHeader& header, uint32_t bytes, SlotEngine engine = SlotEngine::kTflm);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_SLOT_HEADER_H_
