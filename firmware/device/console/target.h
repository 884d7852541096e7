// What the console acts upon, and where it writes.
#ifndef CUTPOINT_DEVICE_CONSOLE_TARGET_H_
#define CUTPOINT_DEVICE_CONSOLE_TARGET_H_

#include <stdint.h>

#include "../sentence.h"
#include "../settings/settings.h"
#include "command.h"

namespace cutpoint::device {

class ConsoleOutput {
 public:
  // One line, whole; the line end is added. May be called from any task.
  virtual void line(Text text) = 0;

 protected:
  ~ConsoleOutput() = default;
};

// The board behind the console. Every call comes from the console's task: what belongs to another task is asked of that
// task here, and nothing may wait long.
class ConsoleTarget {
 public:
  // `@status {...}`.
  virtual void status(ConsoleOutput& out) = 0;
  // What the words say: one sentence, or the answer that is asked for.
  virtual void cut(CutOrder order, uint16_t operators, Sentence& said) = 0;
  // So many inferences of the picture that is in the input, all on board as far as it goes; results are printed when
  // they are there.
  virtual void bench(uint16_t inferences, Sentence& said) = 0;
  virtual void wifi(ConsoleOutput& out) = 0;
  virtual void mqtt(ConsoleOutput& out) = 0;
  virtual void model(ConsoleOutput& out) = 0;
  virtual void set_log(LogLevel level) = 0;
  // Waits for the answer to be read, then goes cleanly.
  virtual void restart() = 0;
  // The device's task stops for ever, and the watchdog must notice.
  virtual void hang() = 0;

  // The settings that `set` changed and `save` has not kept: those that can follow at once do.
  virtual void changed(const SettingRule& rule, const Settings& settings) = 0;
  // At least one setting was kept: what killed the lives before may be mended.
  virtual void saved() {}

 protected:
  ~ConsoleTarget() = default;
};

// Where `save` puts one setting: `text` is its value as `set` takes it, secrets in clear; empty takes it away.
class SettingStore {
 public:
  virtual bool save(const SettingRule& rule, Text text, Sentence& why) = 0;

 protected:
  ~SettingStore() = default;
};

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_CONSOLE_TARGET_H_
