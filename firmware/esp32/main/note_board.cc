#include "note_board.h"

#include "json_text.h"

namespace cutpoint::esp32 {
namespace {

using NoteText = JsonText<kMaxNoteBytes + 1>;

void keep(const NoteText& json, Notes& notes, DeviceEvents& events) {
  events.noted(json.c_str());
  notes.put(json.bytes());
}

}  // namespace

void NoteBoard::say(const char* about, const char* text) {
  NoteText json;
  json.text("note", about).text("text", text);
  keep(json, notes_, events_);
}

void NoteBoard::update(device::UpdateKind kind, device::UpdateState state, uint32_t offset, uint32_t size,
                       const char* text) {
  NoteText json;
  json.text("note", "update")
      .text("kind", device::update_kind_name(kind))
      .text("state", device::update_state_name(state))
      .number("offset", offset)
      .number("size", size)
      .text("text", text);
  keep(json, notes_, events_);
}

}  // namespace cutpoint::esp32
