#include "note_board.h"

namespace cutpoint::esp32 {
namespace {

void keep(device::Text json, Notes& notes, DeviceEvents& events) {
  events.noted(json);
  notes.put(Bytes(reinterpret_cast<const uint8_t*>(json.data()), json.size()));
}

}  // namespace

void NoteBoard::say(device::NoteKind kind, const char* text) {
  char json[kMaxNoteBytes + 1];
  keep(device::write_note(kind, text, Span<char>(json)), notes_, events_);
}

void NoteBoard::update(device::UpdateKind kind, device::UpdateState state, uint32_t offset, uint32_t size,
                       const char* text) {
  char json[kMaxNoteBytes + 1];
  keep(device::write_update_note(kind, state, offset, size, text, Span<char>(json)), notes_, events_);
}

}  // namespace cutpoint::esp32
