// Carries out lines: settings are changed in a draft of the console's own until `save`, everything else is the target's.
#ifndef CUTPOINT_DEVICE_CONSOLE_CONSOLE_H_
#define CUTPOINT_DEVICE_CONSOLE_CONSOLE_H_

#include "command.h"
#include "setting_text.h"
#include "target.h"

namespace cutpoint::device {

class Console {
 public:
  // All must outlive the console. `settings` are those that the board began with; they are copied.
  Console(const Settings& settings, ConsoleTarget& target, SettingStore& store, ConsoleOutput& out)
      : draft_(settings), saved_(settings), target_(target), store_(store), out_(out) {}

  // A line without its end. Says what became of it; a refusal begins with "error: ".
  void obey(Text line);

  // The same as `set` and `save` of one setting, without a word: for Improv. False, with the sentence.
  bool keep(const char* key, Text value, Sentence& why);

  const Settings& draft() const { return draft_; }

 private:
  void carry_out(const ConsoleCommand& command);
  void set(const ConsoleCommand& command);
  void get(Text key);
  void save();
  void help(Text name);
  void show(const SettingRule& rule);
  bool keep_setting(const SettingRule& rule, Sentence& why);
  void say(const Sentence& sentence) { out_.line(text_of(sentence.text())); }

  Settings draft_;
  Settings saved_;
  ConsoleTarget& target_;
  SettingStore& store_;
  ConsoleOutput& out_;
};

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_CONSOLE_CONSOLE_H_
