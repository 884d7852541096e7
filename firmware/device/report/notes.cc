#include "notes.h"

namespace cutpoint::device {

const char* note_kind_name(NoteKind kind) {
  switch (kind) {
    case NoteKind::kModel:
      return "model";
    case NoteKind::kReset:
      return "reset";
    case NoteKind::kError:
      return "error";
    case NoteKind::kUpdate:
      return "update";
  }
  return "error";
}

Text write_note(NoteKind kind, const char* text, Span<char> to) {
  JsonWriter json(to);
  json.text("note", note_kind_name(kind)).text("text", text);
  Text written;
  json.finish(written);
  return written;
}

Text write_update_note(UpdateKind kind, UpdateState state, uint32_t offset, uint32_t size, const char* text,
                       Span<char> to) {
  JsonWriter json(to);
  json.text("note", note_kind_name(NoteKind::kUpdate))
      .text("kind", update_kind_name(kind))
      .text("state", update_state_name(state))
      .number("offset", offset)
      .number("size", size)
      .text("text", text);
  Text written;
  json.finish(written);
  return written;
}

}  // namespace cutpoint::device
