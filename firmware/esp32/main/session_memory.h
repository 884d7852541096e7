// The memory that a session is lent, and the largest sizes that follow from it. Static: there is one device.
#ifndef CUTPOINT_ESP32_SESSION_MEMORY_H_
#define CUTPOINT_ESP32_SESSION_MEMORY_H_

#include "core/codec/coding.h"
#include "core/frame/command.h"
#include "core/frame/plan.h"
#include "core/session/config.h"
#include "core/session/cut_set.h"
#include "device/report/about.h"
#include "sdkconfig.h"

namespace cutpoint::esp32 {

constexpr size_t kMaxFrameBytes = 4096;   // of the setting `chunk`, and of what is received
constexpr size_t kMaxResultBytes = 2048;  // raw output tensors, or 100 centroids
constexpr uint16_t kMaxOperators = 512;   // N; the largest network here has 64
constexpr size_t kScratchBytes = CONFIG_CUTPOINT_CODING_BYTES;
constexpr size_t kHistoryBytes = CONFIG_CUTPOINT_HISTORY_BYTES;  // of tensors; held twice, the newest and the answered

struct SessionMemory {
  uint8_t chunk[kMaxFrameBytes];
  uint8_t frame[kMaxFrameBytes];  // what came last, opened in place
  uint8_t result[kMaxResultBytes];
  uint8_t plan[kMaxPlanPayloadBytes];
  uint8_t command[kMaxCommandPayloadBytes];
  uint32_t operators_us[kMaxOperators];
  uint32_t run_us[kMaxOperators];
  uint8_t cuts[cut_set_bytes(kMaxOperators)];
  char about[device::kAboutBytes];
  // At least a byte, since an array of none is none.
  uint8_t scratch[kScratchBytes + 1];
  uint8_t history[2 * kHistoryBytes + 1];

  SessionBuffers buffers() {
    return {MutableBytes(chunk), MutableBytes(result), MutableBytes(plan), MutableBytes(command),
            Span<uint32_t>(operators_us), MutableBytes(scratch, kScratchBytes), MutableBytes(history, 2 * kHistoryBytes)};
  }
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_SESSION_MEMORY_H_
