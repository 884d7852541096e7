// Codec delta: levels against a reference, and the memory of it. That the bytes are those of docs/codecs.md,
// tests/codec/test_delta.py holds against NumPy; delta_histories_test.cc plays what may happen to frames.
#include "delta.h"

#include <algorithm>

#include "bytes.h"
#include "check.h"
#include "delta_scenes.h"

using namespace cutpoint;
using check::Buffer;
using check::Coded;
using check::Random;
using check::Tables;
using check::encode;
using check::kElements;
using check::scene;
using check::view;
using check::levels_of_kept;

TEST(a_first_frame_is_a_key_frame_and_the_next_one_changes_against_it) {
  const Tables tables(32);
  REQUIRE(tables.good);
  Random random{1};
  Buffer elements = scene(random);
  Buffer room(2 * kElements);
  DeltaMemory memory(view(room));
  memory.begin(7, 1, 0xABCD);
  const Coded first = encode(tables, memory.slot(0, kElements), elements);
  CHECK_EQ(delta_age(view(first.bytes)), 0);
  memory.acknowledged(7);

  elements[5] ^= 0x10;
  memory.begin(9, 1, 0xABCD);
  CHECK_EQ(memory.age(9), 2);
  const Coded second = encode(tables, memory.slot(0, kElements), elements);
  CHECK_EQ(delta_age(view(second.bytes)), 2);
  CHECK(second.bytes.size() < first.bytes.size());

  Buffer levels(kElements);
  CHECK_EQ(decode_delta(tables.tables, view(second.bytes), view(first.levels), view(levels)), Status::kOk);
  CHECK(levels == second.levels);
  for (size_t i = 0; i < kElements; ++i) {
    CHECK_EQ(levels[i], tables.to_level[elements[i]]);
  }
}

TEST(a_change_without_its_reference_is_told) {
  const Tables tables(32);
  Random random{2};
  const Buffer elements = scene(random);
  Buffer reference(kElements, 0x80), candidate(kElements);
  const Coded coded = encode(tables, DeltaSlot{view(reference), view(candidate), 3}, elements);
  Buffer changes = coded.bytes;
  changes[2] = 3;
  Buffer levels(kElements);
  CHECK_EQ(decode_delta(tables.tables, view(changes), Bytes(), view(levels)), Status::kReference);
  const Buffer impossible(kElements, 32);
  CHECK_EQ(decode_delta(tables.tables, view(changes), view(impossible), view(levels)), Status::kReference);
  CHECK_EQ(decode_delta(tables.tables, Bytes(), Bytes(), view(levels)), Status::kCoded);
}

TEST(an_element_within_the_tolerance_keeps_its_reference_level) {
  const Tables tables(32, 6);
  Random random{3};
  const Buffer elements = scene(random);
  for (int apart = -12; apart <= 12; ++apart) {
    // The reference: what its own level would be for elements `apart` lower.
    Buffer reference(kElements), candidate(kElements);
    for (size_t i = 0; i < kElements; ++i) {
      const int before = static_cast<int8_t>(elements[i]) - apart;
      reference[i] = tables.to_level[static_cast<uint8_t>(before)] ^ kKeptLevelBit;
    }
    const Coded coded = encode(tables, DeltaSlot{view(reference), view(candidate), 1}, elements);
    REQUIRE(!coded.bytes.empty());
    for (size_t i = 0; i < kElements; ++i) {
      const uint8_t old = reference[i] ^ kKeptLevelBit;
      const int known = static_cast<int8_t>(tables.to_value[old]);
      const bool near = std::abs(static_cast<int8_t>(elements[i]) - known) <= 6;
      const bool key = coded.bytes[2] == 0;
      CHECK_EQ(coded.levels[i], near && !key ? old : tables.to_level[elements[i]]);
    }
    Buffer levels(kElements);
    CHECK_EQ(decode_delta(tables.tables, view(coded.bytes), view(levels_of_kept(view(reference))), view(levels)),
             Status::kOk);
    CHECK(levels == coded.levels);
  }
}

TEST(what_does_not_fit_leaves_the_levels_of_the_raw_tensor) {
  const Tables tables(32, 20);
  Random random{4};
  const Buffer elements = scene(random);
  Buffer reference(kElements, 0x85), candidate(kElements);
  for (size_t room = 0; room < 200; ++room) {
    Buffer guarded(room + 2, 0xEE);
    const size_t bytes = encode_delta(tables.tables, DeltaSlot{view(reference), view(candidate), 1}, view(elements),
                                      view(guarded).slice(1, room));
    CHECK_EQ(guarded[0], 0xEE);
    CHECK_EQ(guarded[room + 1], 0xEE);
    const Buffer levels = levels_of_kept(view(candidate));
    if (bytes == 0) {
      for (size_t i = 0; i < kElements; ++i) {
        CHECK_EQ(levels[i], tables.to_level[elements[i]]);
      }
      continue;
    }
    Buffer decoded(kElements);
    const Bytes coded(guarded.data() + 1 + room - bytes, bytes);
    CHECK_EQ(decode_delta(tables.tables, coded, view(levels_of_kept(view(reference))), view(decoded)), Status::kOk);
    CHECK(decoded == levels);
  }
}

TEST(another_scene_goes_as_a_key_frame_where_that_is_smaller) {
  const Tables tables(32);
  Buffer flat(kElements, 0), reference(kElements), candidate(kElements);
  Random random{5};
  for (uint8_t& level : reference) {
    level = static_cast<uint8_t>(random.below(32)) ^ kKeptLevelBit;
  }
  const Coded coded = encode(tables, DeltaSlot{view(reference), view(candidate), 1}, flat);
  CHECK_EQ(delta_age(view(coded.bytes)), 0);
  Buffer none;
  const Coded key = encode(tables, DeltaSlot{Bytes(), view(candidate), 0}, flat);
  CHECK(coded.bytes == key.bytes);
}

TEST(only_the_candidate_that_was_acknowledged_becomes_the_reference) {
  Buffer room(2 * kElements);
  DeltaMemory memory(view(room));
  const auto send = [&](uint32_t sequence, uint8_t mark, uint8_t setting = 1) {
    memory.begin(sequence, setting, 5);
    const DeltaSlot slot = memory.slot(0, kElements);
    std::fill(slot.candidate.begin(), slot.candidate.end(), mark);
    return slot;
  };
  CHECK_EQ(send(1, 11).age, 0);
  CHECK_EQ(send(2, 22).age, 0);
  memory.acknowledged(1);  // late
  CHECK_EQ(send(3, 33).age, 0);
  memory.acknowledged(3);
  memory.acknowledged(3);  // twice
  CHECK_EQ(memory.age(4), 1);
  DeltaSlot slot = send(4, 44);
  CHECK_EQ(slot.age, 1);
  CHECK_EQ(slot.reference[0], 33);
  slot = send(5, 55);  // the 4 before it was lost
  CHECK_EQ(slot.age, 2);
  CHECK_EQ(slot.reference[kElements - 1], 33);
  CHECK_EQ(send(6, 66, 2).age, 0);  // another setting
  slot = send(7, 77);
  CHECK_EQ(slot.age, 4);
  CHECK_EQ(slot.reference[0], 33);
  memory.begin(3 + 256, 1, 5);
  CHECK_EQ(memory.slot(0, kElements).age, 0);
  memory.begin(8, 1, 6);  // another version
  CHECK_EQ(memory.slot(0, kElements).age, 0);
  memory.forget();
  CHECK_EQ(send(9, 99).age, 0);
}

TEST(tensors_of_a_cut_share_the_memory_and_what_has_no_room_goes_as_key_frames) {
  Buffer room(2 * 30);
  DeltaMemory memory(view(room));
  for (uint32_t sequence = 1; sequence < 4; ++sequence) {
    memory.begin(sequence, 1, 5);
    const DeltaSlot first = memory.slot(0, 10);
    const DeltaSlot second = memory.slot(10, 20);
    const DeltaSlot third = memory.slot(30, 1);
    CHECK_EQ(first.candidate.size(), size_t{10});
    CHECK_EQ(second.candidate.size(), size_t{20});
    CHECK_EQ(third.candidate.size(), size_t{0});
    CHECK_EQ(first.age, sequence == 1 ? 0 : 1);
    CHECK_EQ(second.reference.size(), sequence == 1 ? size_t{0} : size_t{20});
    CHECK_EQ(third.age, 0);
    memory.acknowledged(sequence);
  }
  DeltaMemory none;
  none.begin(1, 1, 5);
  CHECK(none.slot(0, 1).candidate.empty());
  none.acknowledged(1);
  CHECK_EQ(none.slot(0, 1).age, 0);
}

TEST(a_tensor_that_was_skipped_is_no_reference) {
  Buffer room(2 * 30);
  DeltaMemory memory(view(room));
  memory.begin(1, 1, 5);
  CHECK(!memory.slot(0, 10).candidate.empty());
  memory.acknowledged(1);
  memory.begin(2, 1, 5);
  CHECK_EQ(memory.slot(0, 10).age, 1);
  CHECK_EQ(memory.slot(10, 20).age, 0);
  memory.acknowledged(2);
  memory.begin(3, 1, 5);
  CHECK(memory.slot(10, 20).candidate.empty());  // what lies before it was not written
}
