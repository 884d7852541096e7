// The operators that this firmware carries: those of the usual int8 vision, audio and sensor networks.
#ifndef CUTPOINT_TFLM_OPERATORS_H_
#define CUTPOINT_TFLM_OPERATORS_H_

#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/micro/micro_common.h"
#include "tensorflow/lite/micro/tflite_bridge/flatbuffer_conversions_bridge.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace cutpoint {
namespace tflm {

struct OperatorEntry {
  tflite::BuiltinOperator code;
  TFLMRegistration (*make)();
  tflite::TfLiteBridgeBuiltinParseFunction parse;
  tflite::BuiltinOptions options;  // what the file must hold for it; NONE: whatever it holds is not read
  uint8_t least_inputs;            // of which none may be omitted
  uint8_t most_inputs;
  uint8_t most_outputs;
};

// The entry of an operator, or nullptr when this firmware does not carry it. Entries live as long as the program.
const OperatorEntry* find_operator(tflite::BuiltinOperator code);

size_t operator_count();

}  // namespace tflm
}  // namespace cutpoint

#endif  // CUTPOINT_TFLM_OPERATORS_H_
