// Which slot is used: new images are tried, failures return, and no cut of the power leaves a board without its model.
#include "slot/choice.h"

#include <random>

#include "check.h"

using namespace cutpoint;
using namespace cutpoint::device;

namespace {

struct Board {
  SlotContent slots[kSlots] = {{true, 11}, {false, 0}};
  SlotChoice choice;

  BootDecision boot() { return choose_slot(choice, slots); }
};

Board settled() {
  Board board;
  board.boot();
  return board;
}

}  // namespace

TEST(a_fresh_board_uses_what_was_flashed_with_it_without_a_trial) {
  Board board;
  const BootDecision first = board.boot();
  CHECK(first.slot == 0 && first.reason == BootReason::kSettled && first.changed);
  const BootDecision second = board.boot();
  CHECK(second.slot == 0 && second.reason == BootReason::kSettled && !second.changed);
  CHECK_EQ(spare_slot(board.choice), 1);
}

TEST(a_fresh_board_with_two_models_uses_the_first) {
  Board board;
  board.slots[1] = {true, 22};
  CHECK_EQ(board.boot().slot, 0);
  CHECK(board.boot().reason == BootReason::kSettled);
}

TEST(a_board_without_a_model_says_so_until_there_is_one) {
  Board board;
  board.slots[0].valid = false;
  BootDecision decision = board.boot();
  CHECK(decision.slot == kNoSlot && decision.reason == BootReason::kNothing);
  board.slots[1] = {true, 22};
  decision = board.boot();
  CHECK(decision.slot == 1 && decision.reason == BootReason::kFallback);
  CHECK(board.boot().reason == BootReason::kSettled);
}

TEST(an_update_is_tried_and_kept_once_it_has_proved_itself) {
  Board board = settled();
  board.slots[1] = {true, 22};
  CHECK(begin_trial(board.choice) == Status::kOk);
  CHECK(board.choice.trial && board.choice.slot == 1);
  CHECK_EQ(spare_slot(board.choice), kNoSlot);
  CHECK(begin_trial(board.choice) == Status::kArgument);
  prove_trial(board.choice, board.slots);
  CHECK_EQ(spare_slot(board.choice), 0);
  const BootDecision next = board.boot();
  CHECK(next.slot == 1 && next.reason == BootReason::kSettled && !next.changed);
}

TEST(an_update_that_fails_returns_and_is_not_tried_again) {
  Board board = settled();
  board.slots[1] = {true, 22};
  begin_trial(board.choice);
  CHECK_EQ(fail_slot(board.choice, board.slots), 0);
  for (int boot = 0; boot < 3; ++boot) {
    const BootDecision next = board.boot();
    CHECK(next.slot == 0 && next.reason == BootReason::kSettled);
  }
  board.slots[1] = {true, 33};  // but another image in its place is
  CHECK(board.boot().reason == BootReason::kTrial);
}

TEST(a_trial_that_crashes_the_board_is_given_up_after_its_second_start) {
  Board board = settled();
  board.slots[1] = {true, 22};
  begin_trial(board.choice);
  CHECK(board.boot().reason == BootReason::kTrial);
  const BootDecision third = board.boot();
  CHECK(third.slot == 0 && third.reason == BootReason::kReturned && third.changed);
  CHECK(board.boot().reason == BootReason::kSettled);
}

TEST(the_same_image_is_tried_again_when_it_is_sent_again) {
  Board board = settled();
  board.slots[1] = {true, 22};
  begin_trial(board.choice);
  fail_slot(board.choice, board.slots);
  CHECK(begin_trial(board.choice) == Status::kOk);
  CHECK(board.boot().reason == BootReason::kTrial);
}

TEST(an_image_that_came_by_cable_is_tried_in_either_slot) {
  Board board = settled();
  board.slots[1] = {true, 22};
  BootDecision decision = board.boot();
  CHECK(decision.slot == 1 && decision.reason == BootReason::kTrial && decision.changed);
  prove_trial(board.choice, board.slots);
  board.slots[1] = {true, 33};  // over the one in use: the other is still the way back
  decision = board.boot();
  CHECK(decision.slot == 1 && decision.reason == BootReason::kTrial);
  CHECK_EQ(fail_slot(board.choice, board.slots), 0);
}

TEST(the_only_model_of_a_board_may_be_replaced_by_cable) {
  Board board = settled();
  board.slots[0] = {true, 77};
  const BootDecision decision = board.boot();
  CHECK(decision.slot == 0 && decision.reason == BootReason::kSettled && decision.changed);
}

TEST(a_damaged_slot_gives_way_to_the_other) {
  Board board = settled();
  board.slots[1] = {true, 22};
  begin_trial(board.choice);
  prove_trial(board.choice, board.slots);
  board.slots[1].valid = false;
  const BootDecision decision = board.boot();
  CHECK(decision.slot == 0 && decision.reason == BootReason::kFallback && decision.changed);
}

TEST(an_image_damaged_during_its_trial_returns_at_once) {
  Board board = settled();
  board.slots[1] = {true, 22};
  begin_trial(board.choice);
  board.slots[1].valid = false;
  CHECK(board.boot().reason == BootReason::kReturned);
}

TEST(two_models_that_fail_do_not_take_turns) {
  Board board = settled();
  board.slots[1] = {true, 22};
  board.boot();
  SlotContent left[kSlots] = {board.slots[0], board.slots[1]};
  uint8_t failed = board.choice.slot;
  left[failed].valid = false;
  failed = fail_slot(board.choice, left);
  CHECK_EQ(failed, 0);
  left[failed].valid = false;
  CHECK_EQ(fail_slot(board.choice, left), kNoSlot);
}

TEST(without_a_store_no_trial_runs) {
  Board board = settled();
  board.slots[1] = {true, 22};
  SlotChoice unstored = board.choice;
  REQUIRE(choose_slot(unstored, board.slots).reason == BootReason::kTrial);
  CHECK_EQ(slot_without_trial(unstored, board.slots), 0);
  board.slots[0].valid = false;
  CHECK_EQ(slot_without_trial(unstored, board.slots), 1);  // a model that may crash beats none
  board.slots[1].valid = false;
  CHECK_EQ(slot_without_trial(unstored, board.slots), kNoSlot);
}

TEST(the_record_survives_its_bytes_and_nonsense_is_the_default) {
  SlotChoice choice;
  choice.slot = 1;
  choice.trial = true;
  choice.starts = 2;
  choice.known[0] = 0x01020304;
  choice.known[1] = 0xFFFFFFFF;
  uint8_t bytes[kSlotChoiceBytes];
  write_choice(choice, bytes);
  SlotChoice read;
  REQUIRE(read_choice(Bytes(bytes), read) == Status::kOk);
  CHECK(read.slot == 1 && read.trial && read.starts == 2 && read.known[0] == 0x01020304 && read.known[1] == 0xFFFFFFFF);
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    uint8_t wrong[kSlotChoiceBytes + 1];
    for (uint8_t& byte : wrong) {
      byte = static_cast<uint8_t>(random() % 4);
    }
    const size_t size = random() % (sizeof wrong + 1);
    if (read_choice(Bytes(wrong, size), read) != Status::kOk) {
      CHECK(read.slot == 0 && !read.trial && read.starts == 0 && read.known[0] == 0);
    } else {
      CHECK(size == kSlotChoiceBytes && read.slot < kSlots && read.starts <= kMaxTrials);
    }
  }
}

// Whatever happens to slots and trials: a board with a good image always finds one, and what is used is valid.
TEST(no_history_leaves_a_board_with_a_good_image_without_a_model) {
  std::mt19937 random(3);
  for (int life = 0; life < 2000; ++life) {
    Board board;
    board.slots[0] = {random() % 4 != 0, static_cast<uint32_t>(random() % 3)};
    board.slots[1] = {random() % 4 != 0, static_cast<uint32_t>(random() % 3)};
    uint32_t settled_boots = 0;
    for (int event = 0; event < 40; ++event) {
      const SlotChoice before = board.choice;
      const BootDecision decision = board.boot();
      const bool any = board.slots[0].valid || board.slots[1].valid;
      CHECK_EQ(decision.slot != kNoSlot, any);
      CHECK(!any || (board.slots[decision.slot].valid && decision.slot == board.choice.slot));
      uint8_t a[kSlotChoiceBytes];
      uint8_t b[kSlotChoiceBytes];
      write_choice(before, a);
      write_choice(board.choice, b);
      CHECK(decision.changed || std::memcmp(a, b, sizeof a) == 0);
      settled_boots = decision.reason == BootReason::kTrial ? settled_boots + 1 : 0;
      CHECK(settled_boots <= 2 * kMaxTrials);  // trials end by themselves
      switch (random() % 8) {
        case 0:
          prove_trial(board.choice, board.slots);
          settled_boots = 0;
          break;
        case 1:
          if (any) {
            fail_slot(board.choice, board.slots);
          }
          break;
        case 2:
          board.slots[random() % 2] = {true, static_cast<uint32_t>(random())};
          settled_boots = 0;
          break;
        case 3:
          board.slots[random() % 2].valid = false;
          break;
        default:  // a restart
          break;
      }
    }
  }
}
