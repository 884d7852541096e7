// A whole model update with the power cut after, or in the middle of, every single step that changes flash; and with
// calls that fail and bits that do not hold. The board always starts with the old model or the new one, whole.
#include <algorithm>

#include "check.h"
#include "simulated_flash.h"

using namespace cutpoint;
using namespace cutpoint::device;

namespace {

constexpr uint32_t kSlotBytes = 12 * kFlashSectorBytes;
constexpr uint32_t kPiece = 1016;

Bytes bytes_of(const std::vector<uint8_t>& bytes) { return Bytes(bytes.data(), bytes.size()); }

struct Board {
  explicit Board(uint32_t seed, uint32_t new_bytes = 6000)
      : random(seed), slots{SimulatedFlash(kSlotBytes, power, random), SimulatedFlash(kSlotBytes, power, random)},
        choice_cell(power, random), progress_cell(power, random),
        new_image(make_slot_image(new_bytes, 2)) {
    std::copy(old_image.begin(), old_image.end(), slots[0].bytes.begin());
    start();
  }

  // Power on: read the record, judge both slots, choose. Returns the slot in use.
  uint8_t start() {
    power.cut = -1;
    power.steps = 0;
    read_choice(bytes_of(choice_cell.kept), choice);
    judge();
    const BootDecision decision = choose_slot(choice, content);
    uint8_t slot = decision.slot;
    if (decision.changed && !store_choice()) {
      slot = slot_without_trial(choice, content);
    }
    return slot;
  }

  void judge() {
    for (uint8_t slot = 0; slot < kSlots; ++slot) {
      ReferenceSha256 hash;
      SlotHeader header;
      content[slot].valid = check_slot(bytes_of(slots[slot].bytes), hash, header) == SlotFault::kNone;
      content[slot].crc = slot_crc(bytes_of(slots[slot].bytes));
    }
  }

  bool store_choice() {
    uint8_t bytes[kSlotChoiceBytes];
    write_choice(choice, bytes);
    return choice_cell.store(Bytes(bytes));
  }

  // One attempt of a sender that does what the notes say, then the trial. `good`: whether the new model proves itself.
  // Returns early, as if the power were gone, when it is.
  void update(bool good) {
    const uint8_t spare = spare_slot(choice);
    if (spare == kNoSlot) {
      return;
    }
    SimulatedProgress progress(progress_cell);
    ReferenceSha256 hash;
    SlotImageRule rule;
    UpdateReceiver receiver(slots[spare], hash, rule, &progress, UpdateKind::kModel);
    const auto digest = sha256(bytes_of(new_image));
    UpdateNote note = receiver.begin(static_cast<uint32_t>(new_image.size()), Bytes(digest.data(), digest.size()));
    for (int failures = 0; power.on() && receiver.active() && receiver.offset() < new_image.size() && failures < 50;) {
      const uint32_t offset = receiver.offset();
      const uint32_t count = std::min<uint32_t>(kPiece, static_cast<uint32_t>(new_image.size()) - offset);
      note = receiver.data(offset, Bytes(&new_image[offset], count));
      failures += note.state == UpdateState::kFailed ? 1 : 0;
    }
    if (!power.on() || !receiver.active()) {
      return;
    }
    note = receiver.end();
    if (note.state != UpdateState::kTrying || !power.on()) {
      return;
    }
    begin_trial(choice);
    if (!store_choice()) {
      return;
    }
    judge();
    if (good) {
      prove_trial(choice, content);
    } else {
      fail_slot(choice, content);
    }
    store_choice();
  }

  bool holds(uint8_t slot, const std::vector<uint8_t>& image) const {
    return slot < kSlots && std::equal(image.begin(), image.end(), slots[slot].bytes.begin());
  }

  Power power;
  std::mt19937 random;
  SimulatedFlash slots[kSlots];
  SimulatedCell choice_cell;
  SimulatedCell progress_cell;
  SlotChoice choice;
  SlotContent content[kSlots] = {};
  const std::vector<uint8_t> new_image;
  const std::vector<uint8_t> old_image = make_slot_image(3000, 1);
};

long steps_of_a_whole_update(bool good) {
  Board board(1);
  board.power.steps = 0;
  board.update(good);
  CHECK(board.holds(board.choice.slot, good ? board.new_image : board.old_image));
  CHECK(!board.choice.trial);
  return board.power.steps;
}

}  // namespace

TEST(with_the_power_cut_at_any_step_the_board_starts_with_a_whole_model_and_the_update_succeeds_later) {
  const long steps = steps_of_a_whole_update(true);
  CHECK(steps > 12);
  for (long cut = 0; cut <= steps; ++cut) {
    for (uint32_t seed = 1; seed <= 4; ++seed) {
      Board board(seed);
      board.power.steps = 0;
      board.power.cut = cut;
      board.update(true);
      const bool proved = board.holds(board.choice.slot, board.new_image) && !board.choice.trial;
      CHECK(proved || board.holds(0, board.old_image));  // the old one stays until the new one has proved itself
      uint8_t slot = board.start();
      CHECK(board.holds(slot, board.old_image) || board.holds(slot, board.new_image));
      if (board.choice.trial) {
        prove_trial(board.choice, board.content);
        board.store_choice();
      }
      for (int attempt = 0; attempt < 3 && !board.holds(board.choice.slot, board.new_image); ++attempt) {
        board.update(true);
      }
      slot = board.start();
      CHECK(board.holds(slot, board.new_image));
      CHECK(!board.slots[0].misuse && !board.slots[1].misuse);
    }
  }
}

TEST(with_the_power_cut_at_any_step_a_bad_model_never_stays) {
  const long steps = steps_of_a_whole_update(false);
  for (long cut = 0; cut <= steps; ++cut) {
    Board board(static_cast<uint32_t>(cut) + 1);
    board.power.steps = 0;
    board.power.cut = cut;
    board.update(false);
    CHECK(board.holds(0, board.old_image));
    // The new model crashes the board whenever it is started.
    uint8_t slot = board.start();
    for (int start = 0; start < 5 && board.holds(slot, board.new_image); ++start) {
      slot = board.start();
    }
    CHECK(board.holds(slot, board.old_image));
    CHECK(board.holds(board.start(), board.old_image));
  }
}

TEST(with_the_power_cut_again_and_again_an_update_still_gets_through) {
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    Board board(seed, 40000);  // progress is kept every 16 KiB
    int rounds = 0;
    for (; rounds < 60; ++rounds) {
      board.power.steps = 0;
      board.power.cut = static_cast<long>(board.random() % 50);
      board.update(true);
      const uint8_t slot = board.start();
      CHECK(board.holds(slot, board.old_image) || board.holds(slot, board.new_image));
      if (board.choice.trial && board.random() % 2 == 0) {
        prove_trial(board.choice, board.content);
        board.store_choice();
      }
      if (!board.choice.trial && board.holds(slot, board.new_image)) {
        break;
      }
    }
    CHECK(rounds < 60);
  }
}

TEST(a_flash_that_fails_at_random_never_yields_a_wrong_model) {
  int arrived = 0;
  for (uint32_t seed = 1; seed <= 90; ++seed) {
    Board board(seed);
    SimulatedFlash& spare = board.slots[1];
    spare.faults = 1 + seed % 60;
    spare.flips = seed % 3 == 0 ? seed % 90 : 0;
    board.update(true);
    spare.faults = 0;
    spare.flips = 0;
    const uint8_t slot = board.start();
    CHECK(board.holds(slot, board.old_image) || board.holds(slot, board.new_image));
    CHECK(board.holds(0, board.old_image));
    CHECK(!spare.misuse);
    arrived += board.holds(slot, board.new_image) ? 1 : 0;
  }
  CHECK(arrived > 10 && arrived < 90);
}

TEST(a_trial_that_cannot_be_noted_does_not_run) {
  Board board(1);
  std::copy(board.new_image.begin(), board.new_image.end(), board.slots[1].bytes.begin());
  board.judge();
  SlotChoice choice = board.choice;
  const BootDecision decision = choose_slot(choice, board.content);
  REQUIRE(decision.reason == BootReason::kTrial);
  CHECK_EQ(slot_without_trial(choice, board.content), 0);
}

// A sender that does anything at all.
TEST(no_row_of_calls_writes_outside_the_area_or_accepts_what_is_not_whole) {
  std::mt19937 random(11);
  for (int round = 0; round < 150; ++round) {
    Board board(static_cast<uint32_t>(round) + 1);
    SimulatedFlash& spare = board.slots[1];
    spare.faults = round % 4 == 0 ? 30 : 0;
    SimulatedProgress progress(board.progress_cell);
    ReferenceSha256 hash;
    SlotImageRule rule;
    UpdateReceiver receiver(spare, hash, rule, &progress, UpdateKind::kModel);
    const auto digest = sha256(bytes_of(board.new_image));
    const auto size = static_cast<uint32_t>(board.new_image.size());
    for (int call = 0; call < 120; ++call) {
      UpdateNote note = {};
      switch (random() % 10) {
        case 0:
          note = receiver.begin(random() % 4 == 0 ? static_cast<uint32_t>(random()) : size,
                                Bytes(digest.data(), random() % 9 == 0 ? random() % 32 : digest.size()));
          break;
        case 1:
          note = receiver.end();
          CHECK(note.state != UpdateState::kTrying || board.holds(1, board.new_image));
          break;
        case 2:
          note = random() % 8 == 0 ? receiver.abort() : receiver.end();
          CHECK(note.state != UpdateState::kTrying || board.holds(1, board.new_image));
          break;
        default: {
          const bool in_order = random() % 5 != 0;
          const uint32_t offset = in_order ? std::min(receiver.offset(), size - 1) : static_cast<uint32_t>(random() % (2 * size));
          const uint32_t count = static_cast<uint32_t>(random() % 1017);
          std::vector<uint8_t> piece(count, 0x33);
          for (uint32_t i = 0; i < count && offset + i < size && random() % 500 != 0; ++i) {
            piece[i] = board.new_image[offset + i];
          }
          if (in_order) {
            piece.resize(std::min<size_t>(piece.size(), size - offset));
          }
          note = receiver.data(offset, bytes_of(piece));
        }
      }
      CHECK(note.text != nullptr && receiver.offset() <= receiver.size());
      CHECK(note.state != UpdateState::kRefused || std::strlen(note.text) > 0);
    }
    CHECK(!spare.misuse);
    CHECK(board.holds(0, board.old_image));
  }
}
