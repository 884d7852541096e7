// The commands `new model` and `new firmware`: steps into the spare slot and the spare application partition.
#ifndef CUTPOINT_ESP32_UPDATES_H_
#define CUTPOINT_ESP32_UPDATES_H_

#include "core/frame/command.h"
#include "core/frame/update.h"
#include "device/settings/settings.h"
#include "device/update/receiver.h"
#include "note_board.h"
#include "storage/app_update.h"
#include "storage/model_slots.h"
#include "storage/sha256.h"
#include "storage/state_store.h"

namespace cutpoint::esp32 {

// What is left to do for the owner, once nothing runs.
enum class UpdateDue : uint8_t {
  kNothing,
  kTryModel,     // the spare slot holds a whole, verified image
  kTryFirmware,  // the new application starts with the next life
};

// Belongs to the device's task, which also owns the flash.
class Updates {
 public:
  Updates(const device::Settings& settings, ModelSlots& slots, AppUpdate& app, NoteBoard& notes)
      : settings_(settings), slots_(slots), app_(app), notes_(notes) {}

  // Carries out one step. False for what is no step at all, which counts as an unsupported command.
  bool take(CommandId id, Bytes argument);

  // Once each: what a step has made due.
  UpdateDue due();
  // The model that was tried is in use, or the old one is again.
  void model_done(const char* text);
  void model_returned(const char* text);
  void firmware(device::UpdateState state, const char* text);

 private:
  void step(device::UpdateReceiver& receiver, const UpdateView& view);
  void tell(device::UpdateReceiver& receiver, const device::UpdateNote& note);

  const device::Settings& settings_;
  ModelSlots& slots_;
  AppUpdate& app_;
  NoteBoard& notes_;
  Sha256 hash_;
  device::SlotImageRule model_rule_;
  NvsProgress model_progress_{device::UpdateKind::kModel};
  NvsProgress app_progress_{device::UpdateKind::kFirmware};
  device::UpdateReceiver model_{slots_.spare(), hash_, model_rule_, &model_progress_, device::UpdateKind::kModel};
  device::UpdateReceiver firmware_{app_.area(), hash_, app_.rule(), &app_progress_, device::UpdateKind::kFirmware};
  uint32_t received_bytes_ = 0;  // of the image that is tried
  UpdateDue due_ = UpdateDue::kNothing;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_UPDATES_H_
