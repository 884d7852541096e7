// The rules of a board's lives. Pure: times are told, and the caller stores the record whenever a call says so, before
// it acts on what the call said.
//
// A life is *settled* once it has been up for a minute with the broker reached at least once, or for ten minutes
// without. A life that dies before (panic, watchdog, brownout, lock-up) died early. Five early deaths in a row begin
// safe mode: network, updates and console only. A settled life, an update or a saved setting forgive them all. A safe
// life that does not die early - it is restarted on purpose, or by itself after an hour - is followed by a full one with
// one chance: another early death brings safe mode back at once. Cutting the power is no death, and forgives nothing.
#ifndef CUTPOINT_DEVICE_LIFE_LIFE_H_
#define CUTPOINT_DEVICE_LIFE_LIFE_H_

#include <stdint.h>

#include "../sentence.h"
#include "record.h"

namespace cutpoint::device {

constexpr uint8_t kEarlyDeathsToSafeMode = 5;
constexpr uint64_t kSettleOnlineUs = 60'000'000;    // since boot, with the broker reached
constexpr uint64_t kSettleOfflineUs = 600'000'000;  // since boot, without
constexpr uint64_t kSafeModeUs = 3'600'000'000;     // then the board tries a full life again
constexpr uint64_t kAppTrialUs = 60'000'000;        // for a new application to reach the broker

// What the platform knows of this start.
struct Start {
  ResetCause cause = ResetCause::kUnknown;
  bool app_on_trial = false;  // the running application has not been kept yet
  Crash crash;                // what the panic handler left; its boot is set here
};

// Once at boot; store the record before anything else. Counts the boot, and the death before it.
void begin_life(LifeRecord& record, const Start& start);

enum class LifeStep : uint8_t {
  kNothing,
  kStore,       // the record changed
  kKeepApp,     // keep the application on trial, then store
  kRollBack,    // store, then return to the old application: restarts
  kRestart,     // leave safe mode: store, then restart
};

// Life under way. Times are microseconds since boot. One owner.
class Life {
 public:
  // `record` after begin_life.
  explicit Life(LifeRecord& record) : record_(record) {}

  // The broker took the connection.
  void connected() { connected_ = true; }
  // Whether a step is due; ask again until kNothing. Each is said once.
  LifeStep tick(uint64_t now_us);
  // A new model or application is taken, or settings were saved: what killed the lives before may be mended. True when
  // the record has to be stored.
  bool forgive();

  bool safe_mode() const { return record_.safe_mode; }
  bool app_on_trial() const { return record_.trial == AppTrial::kRunning; }

 private:
  LifeRecord& record_;
  bool connected_ = false;
  bool leaving_ = false;
};

// The sentence about the life before, for the note `reset`, `about` and @boot; empty when it ended well. `before` is the
// record as it was read, before begin_life.
void describe_death(const LifeRecord& before, const LifeRecord& record, Sentence& text);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_LIFE_LIFE_H_
