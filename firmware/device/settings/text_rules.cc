#include "text_rules.h"

#include "identity.h"
#include "settings.h"

namespace cutpoint::device {
namespace {

constexpr size_t kMaxNameCharacters = 25;  // with a hyphen and six digits of the MAC they make an id of 32

bool starts_with(Text text, const char* start) {
  const Text expected = text_of(start);
  return text.size() >= expected.size() && same_text(text.first(expected.size()), expected);
}

bool contains(Text text, const char* part) {
  const Text expected = text_of(part);
  for (size_t at = 0; at + expected.size() <= text.size(); ++at) {
    if (same_text(text.slice(at, expected.size()), expected)) {
      return true;
    }
  }
  return false;
}

bool alphanumeric(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9');
}

bool valid_root(Text root) {
  size_t levels = 1;
  size_t length = 0;
  for (const char character : root) {
    if (character == '/') {
      if (length == 0) {
        return false;
      }
      levels += 1;
      length = 0;
    } else if (alphanumeric(character) || character == '_' || character == '-') {
      length += 1;
    } else {
      return false;
    }
  }
  return length != 0 && levels <= 3;
}

bool check_pem(const SettingRule& rule, Text text, Sentence& why) {
  if (text.empty()) {
    return true;
  }
  const bool key = rule.secret;
  if (!starts_with(text, "-----BEGIN ") || !contains(text, key ? "PRIVATE KEY-----" : "CERTIFICATE-----") ||
      !contains(text, key ? "\n-----END " : "\n-----END CERTIFICATE-----")) {
    why.add(rule.key).add(key ? " is no private key" : " is no certificate");
    why.add(" in PEM form: it begins with -----BEGIN and has an -----END line");
    return false;
  }
  if (contains(text, "ENCRYPTED")) {
    why.add(rule.key).add(" is protected by a password, which a device cannot ask for; store it without one");
    return false;
  }
  return true;
}

bool check_rule(const SettingRule& rule, Text text, Sentence& why) {
  BrokerAddress address = {};
  switch (rule.rule) {
    case TextRule::kNone:
      return true;
    case TextRule::kName:
      if (text.size() <= kMaxNameCharacters && valid_id(text)) {
        return true;
      }
      why.add("name has 1 to ").add(static_cast<uint32_t>(kMaxNameCharacters));
      why.add(" characters of a-z, 0-9 and '-', not '").add(text).add("'");
      return false;
    case TextRule::kId:
      if (text.empty() || valid_id(text)) {
        return true;
      }
      why.add("id has 1 to 32 characters of a-z, 0-9 and '-', not '").add(text).add("'");
      return false;
    case TextRule::kBroker:
      return text.empty() || parse_broker(text, address, why);
    case TextRule::kRoot:
      if (valid_root(text)) {
        return true;
      }
      why.add("root is one to three levels of A-Z, a-z, 0-9, '_' and '-', like cutpoint/1, not '").add(text).add("'");
      return false;
    case TextRule::kHost:
      if (text.empty() || valid_host(text)) {
        return true;
      }
      why.add(rule.key).add(" is a host name or an IPv4 address, not '").add(text).add("'");
      return false;
  }
  return false;
}

}  // namespace

bool valid_host(Text host) {
  char before = '.';
  for (const char character : host) {
    const bool mark = character == '.' || character == '-';
    if ((!mark && !alphanumeric(character)) || (mark && (before == '.' || (before == '-' && character == '.')))) {
      return false;
    }
    before = character;
  }
  return alphanumeric(before);
}

bool check_text(const SettingRule& rule, Text text, Sentence& why) {
  if (text.size() > rule.most) {
    why.add(rule.key).add(" has ").add(static_cast<uint32_t>(text.size())).add(" characters, at most ");
    why.add(rule.most).add(" can be kept");
    return false;
  }
  const bool pem = rule.kind == SettingKind::kPem;
  for (const char character : text) {
    const uint8_t byte = static_cast<uint8_t>(character);
    const bool line_end = pem && (byte == '\n' || byte == '\r' || byte == '\t');
    if (byte == 0x7F || (byte < 0x20 && !line_end)) {
      why.add(rule.key).add(" holds a control character, which no such text has");
      return false;
    }
  }
  return pem ? check_pem(rule, text, why) : check_rule(rule, text, why);
}

}  // namespace cutpoint::device
