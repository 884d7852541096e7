#include "life.h"

namespace cutpoint::device {
namespace {

void add_hex(Sentence& text, uint32_t value) {
  char digits[8];
  for (size_t i = 0; i < sizeof digits; ++i) {
    digits[i] = "0123456789abcdef"[value >> (28 - 4 * i) & 0x0Fu];
  }
  text.add("0x").add(Text(digits, sizeof digits));
}

// How many early deaths in a row there are with the one that `start` tells of.
uint8_t deaths_before(const LifeRecord& record, const Start& start) {
  if (record.boot == 0) {
    return 0;
  }
  if (!record.settled && is_death(start.cause)) {
    return record.early_deaths < UINT8_MAX ? static_cast<uint8_t>(record.early_deaths + 1) : record.early_deaths;
  }
  // A safe life that did not die early earns a full one, with one chance.
  return record.early_deaths < kEarlyDeathsToSafeMode ? record.early_deaths
                                                      : static_cast<uint8_t>(kEarlyDeathsToSafeMode - 1);
}

}  // namespace

void begin_life(LifeRecord& record, const Start& start) {
  const uint8_t deaths = deaths_before(record, start);
  if (start.crash.text[0] != '\0' || start.crash.address != 0) {
    record.crash = start.crash;
    record.crash.boot = record.boot;
  } else if (is_death(start.cause)) {
    record.crash = Crash();
    record.crash.boot = record.boot;
  }
  record.early_deaths = deaths;
  record.safe_mode = deaths >= kEarlyDeathsToSafeMode;
  record.settled = false;
  record.cause = start.cause;
  record.trial = start.app_on_trial ? AppTrial::kRunning : AppTrial::kNone;
  // 0 says "never booted"; a frame's boot number may be anything else.
  record.boot = record.boot == UINT32_MAX ? 1 : record.boot + 1;
}

LifeStep Life::tick(uint64_t now_us) {
  if (record_.trial == AppTrial::kRunning) {
    if (connected_) {
      record_.trial = AppTrial::kNone;
      return LifeStep::kKeepApp;
    }
    if (now_us >= kAppTrialUs) {
      record_.trial = AppTrial::kGivenUp;
      return LifeStep::kRollBack;
    }
  }
  if (!record_.settled && now_us >= (connected_ ? kSettleOnlineUs : kSettleOfflineUs)) {
    record_.settled = true;
    if (!record_.safe_mode) {
      record_.early_deaths = 0;
    }
    return LifeStep::kStore;
  }
  if (record_.safe_mode && !leaving_ && now_us >= kSafeModeUs) {
    leaving_ = true;
    return LifeStep::kRestart;
  }
  return LifeStep::kNothing;
}

bool Life::forgive() {
  // A safe life stays one until it restarts; the next is a full one with all its chances.
  const bool changed = record_.early_deaths != 0;
  record_.early_deaths = 0;
  return changed;
}

void describe_death(const LifeRecord& before, const LifeRecord& record, Sentence& text) {
  text.clear();
  if (before.boot != 0 && before.trial == AppTrial::kGivenUp && record.trial != AppTrial::kRunning) {
    text.add("The new firmware did not reach the broker in its first minute; this is the old one again.");
    return;
  }
  if (before.boot == 0 || !is_death(record.cause)) {
    return;
  }
  text.add("Life ").add(before.boot).add(before.settled ? " ended by " : " died early by ").add(reset_name(record.cause));
  const Crash& crash = record.crash;
  if (crash.boot == before.boot && crash.text[0] != '\0') {
    text.add(" (").add(crash.text).add(")");
  }
  if (crash.boot == before.boot && crash.address != 0) {
    text.add(" at ");
    add_hex(text, crash.address);
  }
  if (crash.boot == before.boot && crash.task[0] != '\0') {
    text.add(" in task ").add(crash.task);
  }
  text.add(".");
  if (record.cause == ResetCause::kBrownout) {
    text.add(" Its supply sank too low: try a better one.");
  }
  if (before.trial == AppTrial::kRunning && record.trial != AppTrial::kRunning) {
    text.add(" It was new firmware on trial; this is the old one again.");
  } else if (record.safe_mode) {
    text.add(" Safe mode: network, updates and console only.");
  }
}

}  // namespace cutpoint::device
