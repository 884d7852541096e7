#include "updates.h"

#include "esp_log.h"

namespace cutpoint::esp32 {
namespace {

constexpr char kTag[] = "update";
constexpr char kOneAtATime[] = "Another update is under way; one at a time.";
constexpr char kOnTrial[] = "An image is on trial: wait for how that ends.";

}  // namespace

bool Updates::take(CommandId id, Bytes argument) {
  UpdateView view = {};
  if (read_update(argument, view) != Status::kOk) {
    notes_.say(device::NoteKind::kError, "A step of an update could not be read: it is of another version, or damaged.");
    return false;
  }
  const bool model = id == CommandId::kNewModel;
  device::UpdateReceiver& receiver = model ? model_ : firmware_;
  const device::UpdateReceiver& other = model ? firmware_ : model_;
  receiver.set_policy(settings_.update);
  // One hash for both.
  receiver.block(due_ != UpdateDue::kNothing || app_.on_trial() || slots_.on_trial() ? kOnTrial
                 : other.active()                                                    ? kOneAtATime
                                                                                     : nullptr);
  step(receiver, view);
  return true;
}

void Updates::step(device::UpdateReceiver& receiver, const UpdateView& view) {
  switch (view.op) {
    case UpdateOp::kBegin:
      return tell(receiver, receiver.begin(view.size, view.sha256));
    case UpdateOp::kData:
      return tell(receiver, receiver.data(view.offset, view.data));
    case UpdateOp::kEnd:
      return tell(receiver, receiver.end());
    case UpdateOp::kAbort:
      return tell(receiver, receiver.abort());
  }
}

void Updates::tell(device::UpdateReceiver& receiver, const device::UpdateNote& note) {
  if (note.say) {
    notes_.update(receiver.kind(), note.state, note.offset, note.size, note.text);
  }
  if (note.state == device::UpdateState::kTrying) {
    ESP_LOGI(kTag, "%s of %u bytes received", device::update_kind_name(receiver.kind()),
             static_cast<unsigned>(note.size));
    received_bytes_ = note.size;
    due_ = receiver.kind() == device::UpdateKind::kModel ? UpdateDue::kTryModel : UpdateDue::kTryFirmware;
  }
}

UpdateDue Updates::due() {
  const UpdateDue due = due_;
  due_ = UpdateDue::kNothing;
  return due;
}

void Updates::model_done(const char* text) {
  notes_.update(device::UpdateKind::kModel, device::UpdateState::kDone, received_bytes_, received_bytes_, text);
}

void Updates::model_returned(const char* text) {
  notes_.update(device::UpdateKind::kModel, device::UpdateState::kReturned, 0, received_bytes_, text);
}

void Updates::firmware(device::UpdateState state, const char* text) {
  notes_.update(device::UpdateKind::kFirmware, state, 0, received_bytes_, text);
}

}  // namespace cutpoint::esp32
