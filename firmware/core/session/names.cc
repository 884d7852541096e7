#include "names.h"

namespace cutpoint {

const char* by_name(By by) {
  switch (by) {
    case By::kNone:
      return "none";
    case By::kEdge:
      return "edge";
    case By::kDevice:
      return "device";
  }
  return "none";
}

const char* reason_name(Reason reason) {
  switch (reason) {
    case Reason::kEdge:
      return "edge";
    case Reason::kPlanned:
      return "planned";
    case Reason::kDeadline:
      return "deadline";
    case Reason::kIsolated:
      return "isolated";
    case Reason::kOffline:
      return "offline";
    case Reason::kRefused:
      return "refused";
    case Reason::kHedged:
      return "hedged";
    case Reason::kProfiled:
      return "profiled";
    case Reason::kEngine:
      return "engine";
    case Reason::kOversized:
      return "oversized";
  }
  return "unknown";
}

const char* link_name(LinkState state) {
  switch (state) {
    case LinkState::kOffline:
      return "offline";
    case LinkState::kOnline:
      return "online";
    case LinkState::kIsolated:
      return "isolated";
  }
  return "offline";
}

}  // namespace cutpoint
