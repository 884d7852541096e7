// The plan message: the edge's decision where to cut.
#ifndef CUTPOINT_FRAME_PLAN_H_
#define CUTPOINT_FRAME_PLAN_H_

#include <stddef.h>
#include <stdint.h>

#include "../bytes.h"
#include "header.h"

namespace cutpoint {

constexpr size_t kMaxPlanParameterBytes = 512;
constexpr size_t kMaxPlanPayloadBytes = 10 + kMaxPlanParameterBytes;
constexpr size_t kSettingParameterBytes = 5;  // of a codec with tables: u8 setting, u32 version of the tables
constexpr uint32_t kMaxDeadlineMs = 600000;

// The decision itself (cut, codec, flags) stands in the header.
struct Plan {
  uint32_t epoch;        // from 1; serial_newer tells whether it counts
  uint32_t deadline_ms;  // after the last chunk was handed over, 1 to kMaxDeadlineMs
  Bytes parameters;      // of the codec; points into the payload when read
};

Status read_plan(const Header& header, Bytes payload, Plan& plan);
Status write_plan(const Plan& plan, ByteWriter& writer);  // kNumber, kCount for values that the wire refuses

}  // namespace cutpoint

#endif  // CUTPOINT_FRAME_PLAN_H_
