// Simulated lives: boots counted once, safe mode after five that died early, and the power cut anywhere.
#include "life/life.h"

#include <random>
#include <string>

#include "check.h"

using namespace cutpoint;
using namespace cutpoint::device;

namespace {

// A board whose record is written to flash as bytes; a store that the power cuts off leaves the bytes before.
struct Board {
  uint8_t flash[kLifeRecordBytes] = {};
  LifeRecord record;

  void start(ResetCause cause, bool trial = false) {
    read_life(Bytes(flash), record);
    Start start;
    start.cause = cause;
    start.app_on_trial = trial;
    begin_life(record, start);
    store();
  }
  void store() { write_life(record, flash); }

  // Lives until `until_us`, connecting at `connect_us` (never when later). Returns the last step that was not nothing.
  LifeStep live(uint64_t until_us, uint64_t connect_us = UINT64_MAX) {
    Life life(record);
    LifeStep last = LifeStep::kNothing;
    for (uint64_t now = 0; now <= until_us; now += 1'000'000) {
      if (now >= connect_us) {
        life.connected();
      }
      for (LifeStep step = life.tick(now); step != LifeStep::kNothing; step = life.tick(now)) {
        last = step;
        store();
        if (step == LifeStep::kRestart || step == LifeStep::kRollBack) {
          return step;
        }
      }
    }
    return last;
  }
};

constexpr uint64_t kSecond = 1'000'000;

std::string told(const LifeRecord& before, const LifeRecord& record) {
  Sentence text;
  describe_death(before, record, text);
  return text.text();
}

void die_early(Board& board, int times) {
  for (int i = 0; i < times; ++i) {
    board.start(ResetCause::kPanic);
    board.live(5 * kSecond);
  }
}

}  // namespace

TEST(a_record_survives_its_bytes_and_nothing_else_is_one) {
  LifeRecord record;
  record.boot = 0xFFFFFFFE;
  record.early_deaths = 4;
  record.settled = record.safe_mode = true;
  record.trial = AppTrial::kGivenUp;
  record.cause = ResetCause::kTaskWatchdog;
  record.crash = {7, 0x400d1234, "device", "LoadProhibited"};
  uint8_t bytes[kLifeRecordBytes];
  write_life(record, bytes);
  LifeRecord read;
  REQUIRE(read_life(Bytes(bytes), read));
  CHECK_EQ(read.boot, record.boot);
  CHECK_EQ(read.early_deaths, record.early_deaths);
  CHECK(read.settled && read.safe_mode);
  CHECK(read.trial == record.trial && read.cause == record.cause);
  CHECK_EQ(read.crash.address, record.crash.address);
  CHECK_EQ(std::string(read.crash.task), std::string("device"));
  CHECK_EQ(std::string(read.crash.text), std::string("LoadProhibited"));
  for (size_t i = 0; i < sizeof bytes; ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      bytes[i] = static_cast<uint8_t>(bytes[i] ^ 1 << bit);
      CHECK(!read_life(Bytes(bytes), read));
      CHECK_EQ(read.boot, 0u);
      bytes[i] = static_cast<uint8_t>(bytes[i] ^ 1 << bit);
    }
  }
  CHECK(!read_life(Bytes(bytes, 63), read));
  CHECK(!read_life(Bytes(), read));
}

TEST(every_boot_is_counted_once_and_none_is_zero) {
  Board board;
  for (uint32_t boot = 1; boot < 20; ++boot) {
    board.start(ResetCause::kPowerOn);
    CHECK_EQ(board.record.boot, boot);
    board.live(100 * kSecond, 2 * kSecond);
  }
  board.record.boot = UINT32_MAX;
  board.store();
  board.start(ResetCause::kPowerOn);
  CHECK_EQ(board.record.boot, 1u);
}

TEST(five_early_deaths_begin_safe_mode_and_four_do_not) {
  Board board;
  board.start(ResetCause::kPowerOn);
  board.live(5 * kSecond);
  die_early(board, 4);
  CHECK(!board.record.safe_mode);
  board.start(ResetCause::kTaskWatchdog);
  CHECK(board.record.safe_mode);
  CHECK_EQ(board.record.early_deaths, 5);
}

TEST(every_kind_of_death_counts_and_no_other_reset_does) {
  for (uint8_t cause = 0; cause < kResetCauses; ++cause) {
    Board board;
    board.start(ResetCause::kPowerOn);
    board.start(static_cast<ResetCause>(cause));
    CHECK_EQ(board.record.early_deaths, is_death(static_cast<ResetCause>(cause)) ? 1 : 0);
  }
  CHECK(is_death(ResetCause::kBrownout) && is_death(ResetCause::kPanic) && is_death(ResetCause::kTaskWatchdog));
  CHECK(!is_death(ResetCause::kPowerOn) && !is_death(ResetCause::kSoftware) && !is_death(ResetCause::kDeepSleep));
}

TEST(a_minute_with_the_broker_settles_a_life_and_without_it_ten) {
  Board board;
  board.start(ResetCause::kPowerOn);
  die_early(board, 3);
  board.start(ResetCause::kPanic);
  CHECK(board.live(59 * kSecond, 10 * kSecond) == LifeStep::kNothing);
  CHECK_EQ(board.record.early_deaths, 4);
  CHECK(board.live(60 * kSecond, 10 * kSecond) == LifeStep::kStore);
  CHECK_EQ(board.record.early_deaths, 0);
  board.start(ResetCause::kPanic);
  CHECK_EQ(board.record.early_deaths, 0);  // it died, but not early
  CHECK(board.live(599 * kSecond) == LifeStep::kNothing);
  CHECK(board.live(600 * kSecond) == LifeStep::kStore);
}

TEST(cutting_the_power_neither_counts_nor_forgives) {
  Board board;
  board.start(ResetCause::kPowerOn);
  die_early(board, 2);
  for (int i = 0; i < 20; ++i) {
    board.start(ResetCause::kPowerOn);
    board.live(3 * kSecond);
  }
  CHECK_EQ(board.record.early_deaths, 2);
  CHECK(!board.record.safe_mode);
}

TEST(a_safe_life_that_does_not_die_is_followed_by_a_full_one_with_one_chance) {
  for (ResetCause cause : {ResetCause::kSoftware, ResetCause::kPowerOn}) {
    Board board;
    board.start(ResetCause::kPowerOn);
    die_early(board, 5);
    REQUIRE(board.record.safe_mode);
    board.live(20 * kSecond, 2 * kSecond);
    board.start(cause);
    CHECK(!board.record.safe_mode);
    board.start(ResetCause::kPanic);  // the chance is gone
    CHECK(board.record.safe_mode);
  }
}

TEST(a_safe_life_that_dies_early_is_followed_by_a_safe_one) {
  Board board;
  board.start(ResetCause::kPowerOn);
  die_early(board, 300);
  CHECK(board.record.safe_mode);
  CHECK_EQ(board.record.early_deaths, 255);
}

TEST(after_an_hour_safe_mode_is_left_by_itself) {
  Board board;
  board.start(ResetCause::kPowerOn);
  die_early(board, 5);
  CHECK(board.live(3599 * kSecond, kSecond) == LifeStep::kStore);
  CHECK(board.live(3600 * kSecond, kSecond) == LifeStep::kRestart);
  board.start(ResetCause::kSoftware);
  CHECK(!board.record.safe_mode);
  board.live(61 * kSecond, kSecond);
  CHECK_EQ(board.record.early_deaths, 0);
}

TEST(an_update_or_saved_settings_forgive) {
  Board board;
  board.start(ResetCause::kPowerOn);
  die_early(board, 5);
  Life life(board.record);
  CHECK(life.forgive());
  CHECK(!life.forgive());
  board.store();
  board.start(ResetCause::kSoftware);
  CHECK(!board.record.safe_mode);
  die_early(board, 4);
  CHECK(!board.record.safe_mode);  // all five chances again
}

TEST(a_new_application_is_kept_once_it_reaches_the_broker) {
  Board board;
  board.start(ResetCause::kPowerOn);
  board.start(ResetCause::kSoftware, true);
  Life life(board.record);
  CHECK(life.app_on_trial());
  CHECK(life.tick(59 * kSecond) == LifeStep::kNothing);
  life.connected();
  CHECK(life.tick(59 * kSecond) == LifeStep::kKeepApp);
  CHECK(!life.app_on_trial());
  CHECK(life.tick(59 * kSecond) == LifeStep::kNothing);
}

TEST(a_new_application_that_does_not_reach_the_broker_in_a_minute_is_rolled_back_and_the_old_one_says_so) {
  Board board;
  board.start(ResetCause::kPowerOn);
  board.start(ResetCause::kSoftware, true);
  CHECK(board.live(120 * kSecond) == LifeStep::kRollBack);
  const LifeRecord before = board.record;
  board.start(ResetCause::kSoftware, false);
  CHECK_EQ(told(before, board.record),
           std::string("The new firmware did not reach the broker in its first minute; this is the old one again."));
  CHECK_EQ(board.record.early_deaths, 0);
}

TEST(a_death_is_described_with_what_the_panic_handler_left) {
  LifeRecord record;
  begin_life(record, Start());
  LifeRecord before = record;
  Start start;
  start.cause = ResetCause::kPanic;
  start.crash = {0, 0x400D1234, "device", "LoadProhibited"};
  begin_life(record, start);
  CHECK_EQ(told(before, record), std::string("Life 1 died early by panic (LoadProhibited) at 0x400d1234 in task device."));
  before = record;
  start = Start();
  start.cause = ResetCause::kBrownout;
  begin_life(record, start);
  CHECK_EQ(told(before, record), std::string("Life 2 died early by brownout. Its supply sank too low: try a better one."));
  before = record;
  start.cause = ResetCause::kSoftware;
  begin_life(record, start);
  CHECK_EQ(told(before, record), std::string());
  CHECK_EQ(told(LifeRecord(), record), std::string());
}

TEST(brownouts_that_restart_a_board_over_and_over_end_in_safe_mode) {
  Board board;
  board.start(ResetCause::kPowerOn);
  for (int i = 0; i < 5; ++i) {
    board.start(ResetCause::kBrownout);
    board.live(kSecond);
  }
  CHECK(board.record.safe_mode);
}

// Lives of random lengths and ends, whose stores are cut off at random: the record stays readable, no boot number comes
// twice once stored, and safe mode never begins with fewer than five early deaths since the last settled life.
TEST(random_lives_with_the_power_cut_anywhere_keep_every_rule) {
  std::mt19937 random(11);
  for (int board_number = 0; board_number < 200; ++board_number) {
    uint8_t flash[kLifeRecordBytes] = {};
    uint32_t last_boot = 0;
    int early = 0;
    for (int number = 0; number < 60; ++number) {
      LifeRecord record;
      const bool readable = read_life(Bytes(flash), record);
      CHECK(readable || number == 0 || last_boot == 0);
      const LifeRecord before = record;
      Start start;
      start.cause = static_cast<ResetCause>(random() % kResetCauses);
      start.app_on_trial = random() % 8 == 0;
      begin_life(record, start);
      CHECK_EQ(record.boot, before.boot + 1);
      if (before.boot != 0 && !before.settled && is_death(start.cause)) {
        ++early;
      }
      CHECK(!record.safe_mode || early >= kEarlyDeathsToSafeMode);
      if (random() % 10 == 0) {
        continue;  // the power went before the record was stored: the next life counts the same boot
      }
      write_life(record, flash);
      CHECK(record.boot > last_boot);
      last_boot = record.boot;
      Life life(record);
      const uint64_t end = random() % 4 == 0 ? random() % 4000 * kSecond : random() % 50 * kSecond;
      const uint64_t connect = random() % 100 * kSecond;
      for (uint64_t now = 0; now <= end; now += 500'000) {
        if (now >= connect) {
          life.connected();
        }
        const LifeStep step = life.tick(now);
        if (step != LifeStep::kNothing && random() % 6 != 0) {
          write_life(record, flash);
        } else if (step != LifeStep::kNothing) {
          break;  // the power went while it was being stored
        }
        if (step == LifeStep::kStore && !record.safe_mode) {
          early = 0;
        }
        if (step == LifeStep::kRestart || step == LifeStep::kRollBack) {
          break;
        }
      }
    }
  }
}
