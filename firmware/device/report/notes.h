// The JSON of the note topic, also printed as `@note {...}`. docs/protocol.md, Notes.
#ifndef CUTPOINT_DEVICE_REPORT_NOTES_H_
#define CUTPOINT_DEVICE_REPORT_NOTES_H_

#include <stdint.h>

#include "../update/receiver.h"
#include "json_writer.h"

namespace cutpoint::device {

enum class NoteKind : uint8_t { kModel, kReset, kError, kUpdate };
const char* note_kind_name(NoteKind kind);  // "model", "reset", "error", "update"

// A sentence of kSentenceBytes always fits into kMaxNoteBytes (core/session/notes.h), quotes in it included; empty when
// it does not fit.
Text write_note(NoteKind kind, const char* text, Span<char> to);
Text write_update_note(UpdateKind kind, UpdateState state, uint32_t offset, uint32_t size, const char* text,
                       Span<char> to);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_REPORT_NOTES_H_
