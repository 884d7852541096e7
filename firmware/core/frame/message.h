// All payloads of the protocol in one include. See docs/protocol.md for the bytes.
#ifndef CUTPOINT_FRAME_MESSAGE_H_
#define CUTPOINT_FRAME_MESSAGE_H_

#include "activation.h"  // IWYU pragma: export
#include "command.h"     // IWYU pragma: export
#include "plan.h"        // IWYU pragma: export
#include "result.h"      // IWYU pragma: export
#include "telemetry.h"   // IWYU pragma: export

#endif  // CUTPOINT_FRAME_MESSAGE_H_
