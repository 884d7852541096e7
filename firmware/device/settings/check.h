// Settings that are each right and do not go together.
#ifndef CUTPOINT_DEVICE_SETTINGS_CHECK_H_
#define CUTPOINT_DEVICE_SETTINGS_CHECK_H_

#include <stddef.h>

#include "settings.h"

namespace cutpoint::device {

struct Problem {
  const char* key;  // the setting to change
  Sentence why;
};

constexpr size_t kMaxProblems = 16;  // more cannot be found

// Writes what does not hold together, at most problems.size(); returns how many. A board that has not been told its
// network or broker yet is no problem: it waits to be told.
size_t check_settings(const Settings& settings, Span<Problem> problems);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_SETTINGS_CHECK_H_
