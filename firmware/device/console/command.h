// One line of the console as a value.
#ifndef CUTPOINT_DEVICE_CONSOLE_COMMAND_H_
#define CUTPOINT_DEVICE_CONSOLE_COMMAND_H_

#include <stddef.h>
#include <stdint.h>

#include "../sentence.h"
#include "../settings/choices.h"

namespace cutpoint::device {

constexpr size_t kConsoleLineBytes = 512;     // of a line without its end
constexpr uint16_t kMostBenchInferences = 1000;

enum class CommandKind : uint8_t {
  kNothing,  // an empty line
  kStatus,
  kCut,
  kBench,
  kWifi,
  kMqtt,
  kModel,
  kSet,
  kGet,
  kSave,
  kLog,
  kRestart,
  kHang,
  kHelp,
};

enum class CutOrder : uint8_t {
  kShow,
  kFixed,  // at `number`, until `cut auto` or a restart; plans are not followed meanwhile
  kAuto,   // as plans say
};

struct ConsoleCommand {
  CommandKind kind = CommandKind::kNothing;
  CutOrder cut = CutOrder::kShow;
  uint16_t number = 0;   // cut: operators; bench: inferences
  bool has_level = false;
  LogLevel level = LogLevel::kInfo;
  Text key;    // set, get: points into the line; empty for all
  Text value;  // set: the rest of the line, may be empty
};

struct CommandHelp {
  const char* name;
  const char* form;  // "cut [K|auto]"
  const char* text;
};

// Every command once, in the order of `help`.
Span<const CommandHelp> console_help();

// Strict: a word too many, a number with a sign or out of its range, an unknown command are refused with a sentence
// that says what was expected. The sentence never quotes the value of `set`, which may be a secret.
bool parse_command(Text line, ConsoleCommand& command, Sentence& why);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_CONSOLE_COMMAND_H_
