#include "command.h"

#include "../settings/schema.h"

namespace cutpoint::device {
namespace {

constexpr CommandHelp kHelp[] = {
    {"status", "status", "what this board is and does, as @status {json}"},
    {"cut", "cut [K|auto]", "the cut in force; hold it at K operators; follow plans again"},
    {"bench", "bench [N]", "run the whole model on board N times (10) and tell how long it takes"},
    {"wifi", "wifi", "the network: address, signal, what is wrong"},
    {"mqtt", "mqtt", "the broker: state, what is wrong"},
    {"model", "model", "the model slots and the model in use"},
    {"set", "set KEY VALUE", "change a setting; without `save` until the next restart"},
    {"get", "get [KEY]", "settings; secrets only as set or not set"},
    {"save", "save", "keep what was set over restarts"},
    {"log", "log [LEVEL]", "none, error, warn, info or debug"},
    {"restart", "restart", "say goodbye to the broker and begin anew; leaves safe mode"},
    {"hang", "hang", "stop the device's task, to see the watchdog restart the board"},
    {"help", "help [COMMAND]", "this list"},
};

constexpr CommandKind kKinds[] = {
    CommandKind::kStatus, CommandKind::kCut, CommandKind::kBench, CommandKind::kWifi,    CommandKind::kMqtt,
    CommandKind::kModel,  CommandKind::kSet, CommandKind::kGet,   CommandKind::kSave,    CommandKind::kLog,
    CommandKind::kRestart, CommandKind::kHang, CommandKind::kHelp,
};
static_assert(sizeof kHelp / sizeof kHelp[0] == sizeof kKinds / sizeof kKinds[0], "one row a command");

constexpr uint16_t kBenchInferences = 10;
constexpr size_t kQuotedCharacters = 24;

bool blank(char character) { return character == ' ' || character == '\t'; }

Text without_blanks(Text text) {
  while (!text.empty() && blank(text[0])) {
    text = text.from(1);
  }
  while (!text.empty() && blank(text[text.size() - 1])) {
    text = text.first(text.size() - 1);
  }
  return text;
}

// The first word; `rest` is what follows it, without blanks around it.
Text take_word(Text text, Text& rest) {
  size_t size = 0;
  while (size < text.size() && !blank(text[size])) {
    ++size;
  }
  rest = without_blanks(text.from(size));
  return text.first(size);
}

bool read_number(Text word, uint32_t most, uint32_t& number) {
  number = 0;
  if (word.empty() || word.size() > 9) {
    return false;
  }
  for (const char character : word) {
    if (character < '0' || character > '9') {
      return false;
    }
    number = number * 10 + static_cast<uint32_t>(character - '0');
  }
  return number <= most;
}

void quote(Sentence& why, Text word) {
  why.add("`").add(word.size() > kQuotedCharacters ? word.first(kQuotedCharacters) : word);
  why.add(word.size() > kQuotedCharacters ? "...`" : "`");
}

bool expected(const CommandHelp& help, Sentence& why, const char* what) {
  why.add("expected `").add(help.form).add("`: ").add(what);
  return false;
}

bool read_cut(Text rest, const CommandHelp& help, ConsoleCommand& command, Sentence& why) {
  uint32_t number = 0;
  if (rest.empty()) {
    command.cut = CutOrder::kShow;
  } else if (same_text(rest, text_of("auto"))) {
    command.cut = CutOrder::kAuto;
  } else if (read_number(rest, UINT16_MAX, number)) {
    command.cut = CutOrder::kFixed;
    command.number = static_cast<uint16_t>(number);
  } else {
    return expected(help, why, "K is a whole number, or the word auto");
  }
  return true;
}

bool read_bench(Text rest, const CommandHelp& help, ConsoleCommand& command, Sentence& why) {
  uint32_t number = kBenchInferences;
  if (!rest.empty() && (!read_number(rest, kMostBenchInferences, number) || number == 0)) {
    return expected(help, why, "N is 1 to 1000 inferences");
  }
  command.number = static_cast<uint16_t>(number);
  return true;
}

bool read_log(Text rest, const CommandHelp& help, ConsoleCommand& command, Sentence& why) {
  if (rest.empty()) {
    return true;
  }
  const SettingRule& rule = *find_setting(text_of("log"));
  for (uint32_t place = 0; place <= rule.most; ++place) {
    if (same_text(rest, choice_word(rule, place))) {
      command.has_level = true;
      command.level = static_cast<LogLevel>(place);
      return true;
    }
  }
  return expected(help, why, "LEVEL is none, error, warn, info or debug");
}

bool read_arguments(Text rest, const CommandHelp& help, ConsoleCommand& command, Sentence& why) {
  Text more;
  switch (command.kind) {
    case CommandKind::kCut:
      return read_cut(rest, help, command, why);
    case CommandKind::kBench:
      return read_bench(rest, help, command, why);
    case CommandKind::kLog:
      return read_log(rest, help, command, why);
    case CommandKind::kSet:
      command.key = take_word(rest, command.value);
      return !command.key.empty() || expected(help, why, "`get` lists the keys");
    case CommandKind::kGet:
    case CommandKind::kHelp:
      command.key = take_word(rest, more);
      return more.empty() || expected(help, why, "one word at most");
    default:
      return rest.empty() || expected(help, why, "it takes nothing more");
  }
}

}  // namespace

Span<const CommandHelp> console_help() { return Span<const CommandHelp>(kHelp); }

bool parse_command(Text line, ConsoleCommand& command, Sentence& why) {
  command = ConsoleCommand();
  why.clear();
  Text rest;
  const Text word = take_word(without_blanks(line), rest);
  if (word.empty()) {
    return true;
  }
  for (size_t i = 0; i < sizeof kHelp / sizeof kHelp[0]; ++i) {
    if (same_text(word, text_of(kHelp[i].name))) {
      command.kind = kKinds[i];
      return read_arguments(rest, kHelp[i], command, why);
    }
  }
  why.add("there is no command ");
  quote(why, word);
  why.add("; `help` lists them");
  return false;
}

}  // namespace cutpoint::device
