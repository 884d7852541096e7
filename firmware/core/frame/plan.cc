#include "plan.h"

namespace cutpoint {
namespace {

bool in_range(const Plan& plan) {
  return plan.epoch != 0 && plan.deadline_ms != 0 && plan.deadline_ms <= kMaxDeadlineMs;
}

}  // namespace

Status read_plan(const Header& header, Bytes payload, Plan& plan) {
  if (header.kind != Kind::kPlan) {
    return Status::kKind;
  }
  if (header.boot != 0 || header.sequence != 0) {
    return Status::kReserved;
  }
  ByteReader reader(payload);
  uint16_t parameter_bytes = 0;
  CUTPOINT_TRY(reader.u32(plan.epoch));
  CUTPOINT_TRY(reader.u32(plan.deadline_ms));
  CUTPOINT_TRY(reader.u16(parameter_bytes));
  if (!in_range(plan)) {
    return Status::kNumber;
  }
  if (parameter_bytes > kMaxPlanParameterBytes) {
    return Status::kCount;
  }
  CUTPOINT_TRY(reader.take(parameter_bytes, plan.parameters));
  return reader.finished();
}

Status write_plan(const Plan& plan, ByteWriter& writer) {
  if (!in_range(plan)) {
    return Status::kNumber;
  }
  if (plan.parameters.size() > kMaxPlanParameterBytes) {
    return Status::kCount;
  }
  CUTPOINT_TRY(writer.u32(plan.epoch));
  CUTPOINT_TRY(writer.u32(plan.deadline_ms));
  CUTPOINT_TRY(writer.u16(static_cast<uint16_t>(plan.parameters.size())));
  return writer.put(plan.parameters);
}

}  // namespace cutpoint
