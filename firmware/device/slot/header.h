// The slot image: one flash sector of header, then the device's .tflite, as it lies in a model partition and as it
// travels in an update. docs/board.md has the table of its bytes.
#ifndef CUTPOINT_DEVICE_SLOT_HEADER_H_
#define CUTPOINT_DEVICE_SLOT_HEADER_H_

#include <stddef.h>
#include <stdint.h>

#include "../../core/bytes.h"
#include "../../core/frame/header.h"
#include "hash.h"

namespace cutpoint::device {

constexpr size_t kSlotHeaderBytes = 4096;  // one flash sector; the model begins right after it
constexpr uint16_t kSlotVersion = 1;
constexpr size_t kMaxSlotName = 64;
constexpr size_t kMaxArenaEntries = 960;

// Why bytes are no slot image.
enum class SlotFault : uint8_t {
  kNone = 0,
  kEmpty,      // erased flash
  kTruncated,  // fewer bytes than the header, or than the header states
  kMagic,
  kVersion,
  kCrc,
  kFields,  // a number out of range, a reserved byte that is not 0, a name that is none
  kModel,   // the SHA-256 of the model differs, or no FlatBuffer of TensorFlow Lite
  kHash,    // the hash itself failed
};

// One sentence, for people.
const char* slot_fault_text(SlotFault fault);

struct SlotHeader {
  uint32_t model_bytes = 0;
  uint8_t sha256[kSha256Bytes] = {};  // of the model's bytes
  ModelId model = {};                 // of the whole network
  uint16_t operators = 0;             // N
  uint16_t on_board = 0;              // K
  char name[kMaxSlotName + 1] = "";
  uint32_t stamp = 0;          // any number: tells two images of one model apart, see slot/choice.h
  uint16_t arena_entries = 0;  // for the cuts 1, 2, ...; at most kMaxArenaEntries
  Bytes arena;                 // arena_entries x u32; points into the header that was read

  // TFLM's arena for operators [0, k), bytes; 0 when it is not known.
  uint32_t arena_bytes(uint16_t k) const {
    return k >= 1 && 4u * k <= arena.size() ? load_u32(arena.data() + 4 * (k - 1u)) : 0;
  }
  uint32_t image_bytes() const { return static_cast<uint32_t>(kSlotHeaderBytes) + model_bytes; }
};

// Checks a header that comes piece by piece, for those who cannot hold a sector: kSlotHeaderBytes / kSlotPieceBytes
// pieces, in order. The header then has no arena table.
constexpr size_t kSlotPieceBytes = 256;
class SlotHeaderReader {
 public:
  void add(Bytes piece);
  SlotFault finish(SlotHeader& header) const;

 private:
  SlotHeader read_;
  SlotFault fault_ = SlotFault::kNone;  // of what the first piece says of itself, before the CRC is known
  bool fields_fit_ = false;
  uint32_t stated_crc_ = 0;
  uint32_t crc_ = 0;
  size_t at_ = 0;
};

// Checks every byte of the header; `bytes` holds at least kSlotHeaderBytes and outlives `header.arena`.
SlotFault read_slot_header(Bytes bytes, SlotHeader& header);

// Fills a whole sector; kFields for what a reader would refuse.
SlotFault write_slot_header(const SlotHeader& header, Span<uint8_t> sector);

// Header, then that the model is there in full, looks like a .tflite and has the stated SHA-256. `slot` is the mapped
// partition, or an image of exactly its size.
SlotFault check_slot(Bytes slot, Hash& hash, SlotHeader& header);

// The identifier that a .tflite carries in its bytes 4 to 7.
bool looks_like_tflite(Bytes head);

// The CRC field of a sector that holds a good header: tells one image from another.
uint32_t slot_crc(Bytes sector);

// The largest k whose arena is known and at most `bytes`; 0 when there is none.
uint16_t largest_cut_within(const SlotHeader& header, uint32_t bytes);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_SLOT_HEADER_H_
