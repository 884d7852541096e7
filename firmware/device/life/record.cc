#include "record.h"

#include "../../core/bytes.h"
#include "../../core/crc32.h"

namespace cutpoint::device {
namespace {

//  0 version   1 early deaths   2 flags   3 trial   4 boot   8 cause   9 three zeros
// 12 crash: boot, address, task of 16, text of 24   60 CRC-32 of the bytes before
constexpr uint8_t kVersion = 1;
constexpr uint8_t kSettledFlag = 1;
constexpr uint8_t kSafeModeFlag = 2;
constexpr size_t kTaskAt = 20;
constexpr size_t kTextAt = kTaskAt + kTaskNameBytes;
constexpr size_t kCrcAt = kLifeRecordBytes - 4;
static_assert(kTextAt + kStoredCrashTextBytes == kCrcAt, "the record is full");

void write_text(const char* text, size_t room, uint8_t* to) {
  for (size_t i = 0; i + 1 < room && text[i] != '\0'; ++i) {
    to[i] = static_cast<uint8_t>(text[i]);
  }
}

// Printable, whatever memory it came from.
void read_text(const uint8_t* from, size_t room, char* text) {
  size_t size = 0;
  while (size + 1 < room && from[size] != 0) {
    text[size] = from[size] >= ' ' && from[size] <= '~' ? static_cast<char>(from[size]) : '?';
    ++size;
  }
  text[size] = '\0';
}

}  // namespace

void write_life(const LifeRecord& record, uint8_t (&bytes)[kLifeRecordBytes]) {
  fill_bytes(bytes, 0, sizeof bytes);
  bytes[0] = kVersion;
  bytes[1] = record.early_deaths;
  bytes[2] = static_cast<uint8_t>((record.settled ? kSettledFlag : 0) | (record.safe_mode ? kSafeModeFlag : 0));
  bytes[3] = static_cast<uint8_t>(record.trial);
  store_u32(bytes + 4, record.boot);
  bytes[8] = static_cast<uint8_t>(record.cause);
  store_u32(bytes + 12, record.crash.boot);
  store_u32(bytes + 16, record.crash.address);
  write_text(record.crash.task, kTaskNameBytes, bytes + kTaskAt);
  write_text(record.crash.text, kStoredCrashTextBytes, bytes + kTextAt);
  store_u32(bytes + kCrcAt, crc32(0, Bytes(bytes, kCrcAt)));
}

bool read_life(Bytes bytes, LifeRecord& record) {
  record = LifeRecord();
  if (bytes.size() != kLifeRecordBytes || load_u32(bytes.data() + kCrcAt) != crc32(0, bytes.first(kCrcAt)) ||
      bytes[0] != kVersion || bytes[2] > (kSettledFlag | kSafeModeFlag) ||
      bytes[3] > static_cast<uint8_t>(AppTrial::kGivenUp) || bytes[8] >= kResetCauses) {
    return false;
  }
  record.early_deaths = bytes[1];
  record.settled = (bytes[2] & kSettledFlag) != 0;
  record.safe_mode = (bytes[2] & kSafeModeFlag) != 0;
  record.trial = static_cast<AppTrial>(bytes[3]);
  record.boot = load_u32(bytes.data() + 4);
  record.cause = static_cast<ResetCause>(bytes[8]);
  record.crash.boot = load_u32(bytes.data() + 12);
  record.crash.address = load_u32(bytes.data() + 16);
  read_text(bytes.data() + kTaskAt, kTaskNameBytes, record.crash.task);
  read_text(bytes.data() + kTextAt, kStoredCrashTextBytes, record.crash.text);
  return true;
}

}  // namespace cutpoint::device
