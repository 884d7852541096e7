#include "session/notes.h"

#include <string>

#include "check.h"

using namespace cutpoint;

namespace {

Bytes bytes_of(const std::string& text) { return Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size()); }

std::string front(const Notes& notes) {
  return std::string(reinterpret_cast<const char*>(notes.front().data()), notes.front().size());
}

}  // namespace

TEST(notes_come_out_in_the_order_in_which_they_went_in) {
  NoteSlot slots[3];
  Notes notes{Span<NoteSlot>(slots)};
  for (int round = 0; round < 5; ++round) {
    CHECK(notes.put(bytes_of("one")));
    CHECK(notes.put(bytes_of("two")));
    CHECK(front(notes) == "one");
    notes.pop();
    CHECK(front(notes) == "two");
    notes.pop();
    CHECK(notes.empty());
  }
  CHECK_EQ(notes.dropped(), 0u);
}

TEST(when_all_slots_are_taken_the_oldest_note_makes_room) {
  NoteSlot slots[2];
  Notes notes{Span<NoteSlot>(slots)};
  for (const char* text : {"a", "b", "c", "d"}) {
    CHECK(notes.put(bytes_of(text)));
  }
  CHECK_EQ(notes.dropped(), 2u);
  CHECK(front(notes) == "c");
  notes.pop();
  CHECK(front(notes) == "d");
  notes.pop();
  notes.pop();
  CHECK(notes.empty());
}

TEST(a_note_that_no_slot_holds_is_refused_and_costs_none) {
  NoteSlot slots[1];
  Notes notes{Span<NoteSlot>(slots)};
  CHECK(notes.put(bytes_of(std::string(kMaxNoteBytes, 'x'))));
  CHECK(!notes.put(bytes_of(std::string(kMaxNoteBytes + 1, 'y'))));
  CHECK(!notes.put(Bytes()));
  CHECK_EQ(notes.front().size(), kMaxNoteBytes);
}
