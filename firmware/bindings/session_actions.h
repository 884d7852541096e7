// A session's actions as Python objects: small, read-only, one class a kind.
#ifndef CUTPOINT_BINDINGS_SESSION_ACTIONS_H_
#define CUTPOINT_BINDINGS_SESSION_ACTIONS_H_

#include <nanobind/nanobind.h>

#include "session/action.h"

namespace cutpoint {

void bind_session_actions(nanobind::module_& m);

// The object for an action, with copies of all bytes; None for ActionKind::kNone.
nanobind::object python_action(const Action& action);
nanobind::object python_publish(const Publish& publish);
nanobind::object python_plan(const Decision& decision);

}  // namespace cutpoint

#endif  // CUTPOINT_BINDINGS_SESSION_ACTIONS_H_
