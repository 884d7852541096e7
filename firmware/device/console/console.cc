#include "console.h"

#include "../../core/bytes.h"

namespace cutpoint::device {
namespace {

constexpr size_t kHelpColumn = 18;

void refuse(Sentence& said, const Sentence& why) {
  said.clear();
  said.add("error: ").add(why.text());
}

}  // namespace

void Console::obey(Text line) {
  ConsoleCommand command;
  Sentence why;
  if (parse_command(line, command, why)) {
    carry_out(command);
    return;
  }
  Sentence said;
  refuse(said, why);
  say(said);
}

void Console::carry_out(const ConsoleCommand& command) {
  Sentence said;
  switch (command.kind) {
    case CommandKind::kNothing:
      return;
    case CommandKind::kStatus:
      return target_.status(out_);
    case CommandKind::kCut:
      target_.cut(command.cut, command.number, said);
      break;
    case CommandKind::kBench:
      target_.bench(command.number, said);
      break;
    case CommandKind::kWifi:
      return target_.wifi(out_);
    case CommandKind::kMqtt:
      return target_.mqtt(out_);
    case CommandKind::kModel:
      return target_.model(out_);
    case CommandKind::kSet:
      return set(command);
    case CommandKind::kGet:
      return get(command.key);
    case CommandKind::kSave:
      return save();
    case CommandKind::kLog:
      if (command.has_level) {
        draft_.log = command.level;
        target_.set_log(command.level);
      }
      return show(*find_setting(text_of("log")));
    case CommandKind::kRestart:
      out_.line(text_of("restarting"));
      return target_.restart();
    case CommandKind::kHang:
      out_.line(text_of("hanging; the watchdog will restart the board"));
      return target_.hang();
    case CommandKind::kHelp:
      return help(command.key);
  }
  if (!said.empty()) {
    say(said);
  }
}

void Console::set(const ConsoleCommand& command) {
  Sentence why;
  Sentence said;
  const SettingRule* rule = find_setting(command.key);
  if (rule == nullptr) {
    why.add("there is no setting of that name; `get` lists them");
  } else if (rule->kind == SettingKind::kPem && !command.value.empty()) {
    why.add(rule->key).add(" has several lines, which a console line cannot hold: write it with `cutpoint provision`");
  } else if (apply_setting(draft_, command.key, command.value, why)) {
    show(*rule);
    return target_.changed(*rule, draft_);
  }
  refuse(said, why);
  say(said);
}

void Console::show(const SettingRule& rule) {
  char value[kPrintedSettingBytes];
  const size_t size = print_setting(draft_, rule, Span<char>(value));
  Sentence said;
  said.add(rule.key).add(" = ").add(Text(value, size));
  say(said);
}

void Console::get(Text key) {
  if (key.empty()) {
    for (const SettingRule& rule : settings_schema()) {
      show(rule);
    }
    return;
  }
  const SettingRule* rule = find_setting(key);
  if (rule == nullptr) {
    return out_.line(text_of("error: there is no setting of that name; `get` lists them"));
  }
  show(*rule);
}

bool Console::keep_setting(const SettingRule& rule, Sentence& why) {
  char value[kSettingTextBytes];
  size_t size = 0;
  // A PEM can only have been taken away here: an empty text does that.
  const bool has_text = setting_text(draft_, rule, Span<char>(value), size);
  const bool kept = store_.save(rule, Text(value, has_text ? size : 0), why);
  fill_bytes(reinterpret_cast<uint8_t*>(value), 0, sizeof value);
  __asm__ volatile("" : : "r"(value) : "memory");  // it may have been a secret: the wiping is not to be left out
  if (kept) {
    copy_setting(saved_, draft_, rule);
  }
  return kept;
}

void Console::save() {
  uint32_t kept = 0;
  for (const SettingRule& rule : settings_schema()) {
    if (!setting_differs(draft_, saved_, rule)) {
      continue;
    }
    Sentence why;
    if (!keep_setting(rule, why)) {
      Sentence said;
      refuse(said, why);
      return say(said);
    }
    ++kept;
  }
  Sentence said;
  if (kept == 0) {
    said.add("saved: nothing had changed");
  } else {
    target_.saved();
    said.add("saved: ").add(kept).add(kept == 1 ? " setting" : " settings").add("; `restart` puts all of them in force");
  }
  say(said);
}

bool Console::keep(const char* key, Text value, Sentence& why) {
  why.clear();
  const SettingRule* rule = find_setting(text_of(key));
  if (rule == nullptr || !apply_setting(draft_, text_of(key), value, why) || !keep_setting(*rule, why)) {
    return false;
  }
  target_.saved();
  return true;
}

void Console::help(Text name) {
  bool any = false;
  for (const CommandHelp& row : console_help()) {
    if (!name.empty() && !same_text(name, text_of(row.name))) {
      continue;
    }
    any = true;
    Sentence said(row.form);
    while (said.size() < kHelpColumn) {
      said.add(" ");
    }
    say(said.add(row.text));
  }
  if (const SettingRule* rule = any ? nullptr : find_setting(name); rule != nullptr) {
    Sentence said(rule->key);
    say(said.add(": ").add(rule->help));
    any = true;
  }
  if (!any) {
    out_.line(text_of("error: there is no command or setting of that name; `help` and `get` list them"));
  }
}

}  // namespace cutpoint::device
