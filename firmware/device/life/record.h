// What a board remembers of its lives: 64 bytes in NVS, replaced as one, so a power cut leaves the old or the new one.
#ifndef CUTPOINT_DEVICE_LIFE_RECORD_H_
#define CUTPOINT_DEVICE_LIFE_RECORD_H_

#include <stddef.h>
#include <stdint.h>

#include "../../core/span.h"
#include "reset_cause.h"

namespace cutpoint::device {

constexpr size_t kTaskNameBytes = 16;
constexpr size_t kStoredCrashTextBytes = 24;  // with the zero, like the name

// How a life died, as the panic handler saw it.
struct Crash {
  uint32_t boot = 0;  // of the life that died; 0: none
  uint32_t address = 0;  // of the instruction, 0: unknown
  char task[kTaskNameBytes] = "";  // that was running, may be empty
  char text[kStoredCrashTextBytes] = "";  // "LoadProhibited", "abort", ...; may be empty
};

// A new application that has to prove itself.
enum class AppTrial : uint8_t {
  kNone = 0,
  kRunning = 1,     // this life tries it
  kGivenUp = 2,     // it did not reach the broker; the restart into the old one was asked for
};

struct LifeRecord {
  uint32_t boot = 0;           // of the life under way; 0: never booted
  uint8_t early_deaths = 0;    // in a row
  bool settled = false;        // this life is no longer early
  bool safe_mode = false;      // this life runs network and updates only
  AppTrial trial = AppTrial::kNone;
  ResetCause cause = ResetCause::kUnknown;  // why this life began
  Crash crash;                 // the last one ever
};

constexpr size_t kLifeRecordBytes = 64;
void write_life(const LifeRecord& record, uint8_t (&bytes)[kLifeRecordBytes]);
// False for bytes that no write_life made; the record is then that of a board that never booted.
bool read_life(Bytes bytes, LifeRecord& record);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_LIFE_RECORD_H_
