// What the text of a setting has to look like.
#ifndef CUTPOINT_DEVICE_SETTINGS_TEXT_RULES_H_
#define CUTPOINT_DEVICE_SETTINGS_TEXT_RULES_H_

#include "schema.h"

namespace cutpoint::device {

// Length, characters and the rule of a text or PEM; false with the sentence, which quotes no secret. An empty text
// passes unless the setting cannot be empty (name, root).
bool check_text(const SettingRule& rule, Text text, Sentence& why);

// One to four labels' worth of letters, digits, '.' and '-': a host name or an IPv4 address.
bool valid_host(Text host);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_SETTINGS_TEXT_RULES_H_
