#include "settings.h"

#include "../../core/bytes.h"
#include "identity.h"
#include "text_rules.h"

namespace cutpoint::device {
namespace {

uint8_t* place_of(Settings& settings, const SettingRule& rule) {
  return reinterpret_cast<uint8_t*>(&settings) + rule.offset;
}

const uint8_t* place_of(const Settings& settings, const SettingRule& rule) {
  return reinterpret_cast<const uint8_t*>(&settings) + rule.offset;
}

uint32_t load_number(const uint8_t* place, size_t bytes) {
  uint32_t value = 0;  // both the PC and the ESP32 are little-endian; the width decides how many bytes count
  copy_bytes(reinterpret_cast<uint8_t*>(&value), place, bytes);
  return value;
}

void store_number(uint8_t* place, size_t bytes, uint32_t value) {
  copy_bytes(place, reinterpret_cast<const uint8_t*>(&value), bytes);
}

bool parse_number(const SettingRule& rule, Text text, SettingValue& value, Sentence& why) {
  uint64_t number = 0;
  bool good = !text.empty() && text.size() <= 10;
  for (size_t i = 0; good && i < text.size(); ++i) {
    good = text[i] >= '0' && text[i] <= '9';
    number = number * 10 + static_cast<uint64_t>(text[i] - '0');
  }
  if (!good || number > UINT32_MAX) {
    why.add(rule.key).add(" is a whole number from ").add(rule.least).add(" to ").add(rule.most).add(", not '");
    why.add(text.first(text.size() < 24 ? text.size() : 24)).add("'");
    return false;
  }
  value.number = static_cast<uint32_t>(number);
  return true;
}

bool parse_choice(const SettingRule& rule, Text text, SettingValue& value, Sentence& why) {
  for (uint32_t place = 0; place <= rule.most; ++place) {
    if (same_text(text, choice_word(rule, place))) {
      value.number = place;
      return true;
    }
  }
  why.add(rule.key).add(" is one of ").add(rule.choices).add(", not '");
  why.add(text.first(text.size() < 24 ? text.size() : 24)).add("'");
  return false;
}

int hex_digit(char character) {
  return character >= '0' && character <= '9'   ? character - '0'
         : character >= 'a' && character <= 'f' ? character - 'a' + 10
         : character >= 'A' && character <= 'F' ? character - 'A' + 10
                                                : -1;
}

bool parse_bytes(const SettingRule& rule, Text text, SettingValue& value, Sentence& why) {
  const size_t count = text.size() / 2;
  bool good = text.size() % 2 == 0 && count <= rule.most &&
              (rule.kind != SettingKind::kKey || count == 0 || count == rule.most);
  for (size_t i = 0; good && i < count; ++i) {
    const int high = hex_digit(text[2 * i]);
    const int low = hex_digit(text[2 * i + 1]);
    good = high >= 0 && low >= 0;
    value.blob[i] = static_cast<uint8_t>(good ? 16 * high + low : 0);
  }
  if (!good) {
    value.blob_bytes = 0;
    why.add(rule.key).add(rule.kind == SettingKind::kKey ? " is " : " is an even number of hexadecimal digits, at most ");
    why.add(2 * rule.most).add(rule.kind == SettingKind::kKey ? " hexadecimal digits" : "");
    why.add("; the text has ").add(static_cast<uint32_t>(text.size())).add(" characters");
    return false;
  }
  value.blob_bytes = static_cast<uint8_t>(count);
  return true;
}

bool check_number(const SettingRule& rule, uint32_t number, Sentence& why) {
  if (number < rule.least || number > rule.most) {
    why.add(rule.key).add(" is ").add(number).add(", it can be ").add(rule.least).add(" to ").add(rule.most);
    return false;
  }
  return true;
}

bool check_bytes(const SettingRule& rule, size_t count, Sentence& why) {
  if (count > rule.most || (rule.kind == SettingKind::kKey && count != 0 && count != rule.most)) {
    why.add(rule.key).add(" has ").add(static_cast<uint32_t>(count)).add(" bytes, it takes ");
    why.add(rule.kind == SettingKind::kKey ? "exactly " : "at most ").add(rule.most);
    return false;
  }
  return true;
}

void put_text(uint8_t* place, const SettingRule& rule, Text text) {
  fill_bytes(place, 0, rule.room);
  copy_bytes(place, reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

size_t append(Span<char> to, size_t at, Text text) {
  for (size_t i = 0; i < text.size() && at + 1 < to.size(); ++i) {
    to[at++] = text[i];
  }
  to[at] = '\0';
  return at;
}

}  // namespace

bool parse_setting(const SettingRule& rule, Text text, SettingValue& value, Sentence& why) {
  why.clear();
  value = SettingValue();
  switch (rule.kind) {
    case SettingKind::kText:
    case SettingKind::kPem:
      value.text = text;
      return check_text(rule, text, why);
    case SettingKind::kChoice:
      return parse_choice(rule, text, value, why);
    case SettingKind::kU8:
    case SettingKind::kU16:
    case SettingKind::kU32:
      return parse_number(rule, text, value, why) && check_number(rule, value.number, why);
    case SettingKind::kHex:
    case SettingKind::kKey:
      return parse_bytes(rule, text, value, why) && check_bytes(rule, value.blob_bytes, why);
  }
  return false;
}

bool put_setting(Settings& settings, const SettingRule& rule, const SettingValue& value, Sentence& why) {
  why.clear();
  uint8_t* place = place_of(settings, rule);
  switch (rule.kind) {
    case SettingKind::kText:
      if (!check_text(rule, value.text, why)) {
        return false;
      }
      put_text(place, rule, value.text);
      return true;
    case SettingKind::kPem:
      if (!check_text(rule, value.text, why)) {
        return false;
      }
      store_number(place, rule.room, static_cast<uint32_t>(value.text.size()));
      return true;
    case SettingKind::kChoice:
    case SettingKind::kU8:
    case SettingKind::kU16:
    case SettingKind::kU32:
      if (!check_number(rule, value.number, why)) {
        return false;
      }
      store_number(place, rule.room, value.number);
      return true;
    case SettingKind::kHex:
    case SettingKind::kKey:
      if (!check_bytes(rule, value.blob_bytes, why)) {
        return false;
      }
      fill_bytes(place, 0, rule.room);
      copy_bytes(place, value.blob, value.blob_bytes);
      place[-1] = value.blob_bytes;
      return true;
  }
  return false;
}

bool apply_setting(Settings& settings, Text key, Text text, Sentence& why) {
  const SettingRule* rule = find_setting(key);
  if (rule == nullptr) {
    why.clear();
    why.add("there is no setting '").add(key.first(key.size() < 24 ? key.size() : 24)).add("'");
    return false;
  }
  SettingValue value;
  return parse_setting(*rule, text, value, why) && put_setting(settings, *rule, value, why);
}

size_t print_setting(const Settings& settings, const SettingRule& rule, Span<char> to) {
  const uint8_t* place = place_of(settings, rule);
  const bool bytes = rule.kind == SettingKind::kHex || rule.kind == SettingKind::kKey;
  const uint32_t count = bytes ? place[-1] : rule.kind == SettingKind::kText ? place[0] : load_number(place, rule.room);
  if (rule.secret || (rule.kind == SettingKind::kPem && count == 0)) {
    return append(to, 0, text_of(count != 0 ? "set" : "not set"));
  }
  switch (rule.kind) {
    case SettingKind::kText:
      return append(to, 0, text_of(reinterpret_cast<const char*>(place)));
    case SettingKind::kChoice:
      return append(to, 0, choice_word(rule, count));
    default: {
      Sentence digits;
      digits.add(count).add(rule.kind == SettingKind::kPem ? " bytes" : "");
      return append(to, 0, text_of(digits.text()));
    }
  }
}

}  // namespace cutpoint::device
