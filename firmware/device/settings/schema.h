// The one table of all settings: key, kind, default, limits. The console, the NVS loader, `cutpoint provision` (through
// the bindings) and docs/board.md all follow it.
#ifndef CUTPOINT_DEVICE_SETTINGS_SCHEMA_H_
#define CUTPOINT_DEVICE_SETTINGS_SCHEMA_H_

#include <stddef.h>
#include <stdint.h>

#include "../sentence.h"

namespace cutpoint::device {

constexpr char kSettingsNamespace[] = "cutpoint";  // in NVS
constexpr size_t kMaxKeyCharacters = 15;           // of NVS
constexpr size_t kMaxPemBytes = 3999;              // an NVS string has at most 4,000 bytes with its zero

enum class SettingKind : uint8_t {
  kText = 0,    // NVS string
  kPem = 1,     // NVS string
  kChoice = 2,  // NVS u8
  kU8 = 3,
  kU16 = 4,
  kU32 = 5,
  kHex = 6,  // NVS blob
  kKey = 7,  // NVS blob of 32 bytes
};

// A further rule that a text has to keep.
enum class TextRule : uint8_t { kNone = 0, kName, kId, kBroker, kRoot, kHost };

struct SettingRule {
  const char* key;
  SettingKind kind;
  TextRule rule;
  bool secret;
  uint16_t offset;      // in Settings
  uint16_t room;        // bytes there
  uint32_t least;       // of a number
  uint32_t most;        // of a number; of a text its characters; of hex its bytes; of a choice its last place
  const char* initial;  // as text
  const char* choices;  // words with '|' between, empty unless the kind is kChoice
  const char* help;     // one sentence
};

Span<const SettingRule> settings_schema();

// Null when there is no such setting.
const SettingRule* find_setting(Text key);

// The word at a place of a choice; empty beyond its last.
Text choice_word(const SettingRule& rule, uint32_t place);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_SETTINGS_SCHEMA_H_
