// What comes from the edge: which kind it is, plans, commands. Results are in session_results.cc.
#include "../bytes.h"
#include "session.h"

namespace cutpoint {

Status Session::frame(Bytes frame) {
  if (!begun_) {
    misuse();
    return Status::kArgument;
  }
  look(now());
  Header header = {};
  Bytes payload;
  const Status opened = open_frame(frame, header, payload);
  if (opened != Status::kOk) {
    return bad_frame(opened);
  }
  if ((header.flags & kFlagEncrypted) != 0) {
    return bad_frame(Status::kEncrypted);  // there is no key
  }
  switch (header.kind) {
    case Kind::kResult:
      return take_result(header, payload, frame);
    case Kind::kPlan:
      return take_plan(header, payload, frame);
    case Kind::kCommand:
      return take_command(header, payload, frame);
    case Kind::kActivation:
    case Kind::kTelemetry:
      break;
  }
  return bad_frame(Status::kKind);
}

Status Session::bad_frame(Status status) {
  counters_.count(CounterId::kBadFrames);
  return status;
}

// A message of one chunk stands in `message` already.
Status Session::assemble(Reassembler& reassembler, Bytes frame, Message& message) {
  return message.header.chunk_count == 1 ? Status::kOk : reassembler.push(frame, message);
}

Status Session::take_plan(const Header& header, Bytes payload, Bytes frame) {
  Message message = {header, payload};
  const Status assembled = assemble(plans_, frame, message);
  if (assembled == Status::kPending) {
    return assembled;
  }
  Plan plan = {};
  const Status read = assembled == Status::kOk ? read_plan(message.header, message.payload, plan) : assembled;
  if (read != Status::kOk) {
    return bad_frame(read);
  }
  switch (plan_.offer(message.header, plan)) {
    case PlanVerdict::kOtherCut:
      ++counters_.local.unfit_plans;
      plan_changed_ = true;
      return Status::kOk;
    case PlanVerdict::kOtherCodec:
      ++counters_.local.unfit_codecs;
      plan_changed_ = true;
      return Status::kOk;
    case PlanVerdict::kAccepted:
      plan_changed_ = true;
      return Status::kOk;
    case PlanVerdict::kStale:
      counters_.count(CounterId::kStalePlans);
      return Status::kStale;
    case PlanVerdict::kImpossible:
      break;
  }
  return bad_frame(Status::kNumber);
}

Status Session::take_command(const Header& header, Bytes payload, Bytes frame) {
  if (header.boot != 0 && header.boot != config_.boot) {
    return bad_frame(Status::kStale);
  }
  if (command_due_) {
    ++counters_.local.dropped_commands;  // the argument of the one before is still to be polled
    return Status::kBufferTooSmall;
  }
  Message message = {header, payload};
  const Status assembled = assemble(commands_, frame, message);
  if (assembled == Status::kPending) {
    return assembled;
  }
  CommandView view = {};
  const Status read = assembled == Status::kOk ? read_command(message.header, message.payload, view) : assembled;
  if (read != Status::kOk) {
    return bad_frame(read);
  }
  if (header.sequence != 0 && header.sequence == last_command_) {
    ++counters_.local.repeated_commands;
    return Status::kDuplicate;
  }
  if (view.argument.size() > buffers_.command.size()) {
    return bad_frame(Status::kOversized);
  }
  if (header.sequence != 0) {
    last_command_ = header.sequence;
  }
  if (view.id == static_cast<uint16_t>(CommandId::kProfile)) {
    profile_due_ = true;
    return Status::kOk;
  }
  if (view.id == 0 || view.id > static_cast<uint16_t>(CommandId::kNewFirmware)) {
    counters_.count(CounterId::kUnsupportedCommands);
    return Status::kOk;
  }
  move_bytes(buffers_.command.data(), view.argument.data(), view.argument.size());
  commands_.reset();
  command_ = {view.id, buffers_.command.first(view.argument.size())};
  command_due_ = true;
  return Status::kOk;
}

}  // namespace cutpoint
