// The notes of this board: kept for the broker, told to the console at once.
#ifndef CUTPOINT_ESP32_NOTE_BOARD_H_
#define CUTPOINT_ESP32_NOTE_BOARD_H_

#include "core/session/notes.h"
#include "device/report/notes.h"
#include "device_events.h"

namespace cutpoint::esp32 {

constexpr size_t kNoteSlots = 6;

// Belongs to the device's task.
class NoteBoard {
 public:
  explicit NoteBoard(DeviceEvents& events) : events_(events) {}

  void say(device::NoteKind kind, const char* text);
  void update(device::UpdateKind kind, device::UpdateState state, uint32_t offset, uint32_t size, const char* text);

  Notes& notes() { return notes_; }

 private:
  DeviceEvents& events_;
  NoteSlot slots_[kNoteSlots];
  Notes notes_{Span<NoteSlot>(slots_)};
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_NOTE_BOARD_H_
