// The lines of the console that machines read: `@event {json}`. docs/console.md has the table.
#ifndef CUTPOINT_DEVICE_REPORT_LINES_H_
#define CUTPOINT_DEVICE_REPORT_LINES_H_

#include <stddef.h>
#include <stdint.h>

#include "../../core/session/action.h"
#include "../../core/session/session.h"
#include "json_writer.h"

namespace cutpoint::device {

constexpr size_t kEventLineBytes = 1408;  // of the longest line, with its final zero

const char* refusal_name(ResultStatus status);  // "refused: overloaded", ...

struct BootLine {
  const char* id;
  uint32_t boot;
  const char* firmware;
  const char* board;
  const char* reset;  // why this life began
  bool safe_mode;
  const char* crash;  // of the life before, may be null
};

// Connected to the broker for the first time in this life.
struct ReadyLine {
  const char* id;
  uint32_t boot;
};

struct AnswerLine {
  const Delivery* delivery;
  uint32_t total_us;   // from the picture in the input to the answer
  uint32_t device_us;  // of the operators that ran here
  bool has_outputs;    // the device answered: outputs_crc means something
  uint32_t outputs_crc;
};

// Texts may be null and a gauge absent: left out then.
struct StatusLine {
  const char* id = nullptr;
  uint32_t boot = 0;
  const char* reset = nullptr;
  bool safe_mode = false;
  uint32_t uptime_s = 0;
  const char* firmware = nullptr;
  const char* board = nullptr;
  LinkState link = LinkState::kOffline;
  const char* network = nullptr;  // "wifi", "openeth", "ethernet"
  const char* address = nullptr;  // IPv4, null while there is none
  const char* broker = nullptr;   // URI
  const char* trouble = nullptr;  // why there is no network or broker
  const char* model = nullptr;    // its name
  ModelId model_id = {};
  uint16_t operators = 0;  // N
  uint16_t on_board = 0;   // K
  uint16_t cut = 0;        // in force
  uint32_t epoch = 0;      // of the plan, 0: none
  const char* input = nullptr;  // where pictures come from
  uint32_t inferences = 0;
  const char* energy = nullptr;  // "measured", "modelled"
  Gauges gauges;
};

// Each writes "@event {...}" without a line end; empty when it does not fit.
Text write_boot_line(const BootLine& boot, Span<char> to);
Text write_ready_line(const ReadyLine& ready, Span<char> to);
Text write_answer_line(const AnswerLine& answer, Span<char> to);
Text write_input_line(bool ok, const char* text, Span<char> to);
Text write_status_line(const StatusLine& status, Span<char> to);
// `json` is a note's, whole.
Text write_note_line(Text json, Span<char> to);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_REPORT_LINES_H_
