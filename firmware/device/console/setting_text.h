// The value of one setting as a text that `set` takes, for keeping it: secrets are in clear, so it is never printed.
#ifndef CUTPOINT_DEVICE_CONSOLE_SETTING_TEXT_H_
#define CUTPOINT_DEVICE_CONSOLE_SETTING_TEXT_H_

#include <stddef.h>

#include "../settings/settings.h"

namespace cutpoint::device {

constexpr size_t kSettingTextBytes = 132;

// With a final zero that `size` does not count. `to` has at least kSettingTextBytes. False for a PEM, whose text is not in
// Settings.
bool setting_text(const Settings& settings, const SettingRule& rule, Span<char> to, size_t& size);

bool setting_differs(const Settings& a, const Settings& b, const SettingRule& rule);

void copy_setting(Settings& to, const Settings& from, const SettingRule& rule);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_CONSOLE_SETTING_TEXT_H_
