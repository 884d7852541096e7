// The words for what a session says, the same on a board's console, in its JSON lines and in Python.
#ifndef CUTPOINT_SESSION_NAMES_H_
#define CUTPOINT_SESSION_NAMES_H_

#include "action.h"
#include "session.h"

namespace cutpoint {

const char* by_name(By by);              // "none", "edge", "device"
const char* reason_name(Reason reason);  // "edge", "planned", "deadline", ...
const char* link_name(LinkState state);  // "offline", "online", "isolated"

}  // namespace cutpoint

#endif  // CUTPOINT_SESSION_NAMES_H_
