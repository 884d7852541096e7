// The JSON of the about topic: what a board is. docs/protocol.md, About.
#ifndef CUTPOINT_DEVICE_REPORT_ABOUT_H_
#define CUTPOINT_DEVICE_REPORT_ABOUT_H_

#include <stddef.h>
#include <stdint.h>

#include "../../core/frame/header.h"
#include "../../core/session/cut_set.h"
#include "../settings/choices.h"
#include "json_writer.h"

namespace cutpoint::device {

constexpr size_t kAboutBytes = 1024;  // a board's own; readers take 2,048

// Texts may be null, numbers that say "0: unknown" may be 0: such a field is left out.
struct About {
  ModelId model = {};      // all zero while there is no model
  uint16_t operators = 0;  // K on board
  uint32_t boot = 0;
  const char* firmware = nullptr;  // "cutpoint 0.3.0"
  const char* app = nullptr;       // version of the application image
  const char* idf = nullptr;
  const char* board = nullptr;
  const char* chip = nullptr;    // as profiles name it: "esp32", "esp32-s3", "esp32-c3"
  const char* engine = nullptr;  // "stream", "tflm" or "tflm-reference"
  CutSet cuts;                   // that the engine has the memory for; told unless they are all
  bool overlap = false;          // what is coded raw begins to leave while its head runs; told only when true
  bool jpeg = false;             // pictures may travel as the camera coded them
  bool calibrated = false;       // codec tables are on board, and the codecs that need them
  uint32_t tables = 0;           // version of the tables; told only with `calibrated`
  uint32_t history = 0;          // bytes of tensors that codec delta can remember, 0: no such codec; likewise
  uint32_t free_ram = 0;         // 0: unknown
  uint32_t max_payload = 0;      // 0: unknown
  const char* reset = nullptr;   // why this life began
  bool safe_mode = false;        // told only when true
  UpdatePolicy update = UpdatePolicy::kOff;
  uint32_t slot_bytes = 0;       // 0: no slot
  const char* energy = nullptr;  // "measured", "modelled"; null: neither
  const char* crash = nullptr;   // of the life before, one sentence
};

// `cuts` as ranges, "0-5,9,25". As many of them as fit into so many characters, from the smallest on: no plan asks for a
// cut that is not told.
constexpr size_t kMostCutsText = 96;

// Without a final zero in the count; empty when it does not fit.
Text write_about(const About& about, Span<char> to);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_REPORT_ABOUT_H_
