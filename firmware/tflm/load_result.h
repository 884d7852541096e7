// What became of loading a model: ready, or one sentence that says why not and what would help.
#ifndef CUTPOINT_TFLM_LOAD_RESULT_H_
#define CUTPOINT_TFLM_LOAD_RESULT_H_

#include <stddef.h>
#include <stdint.h>

namespace cutpoint {
namespace tflm {

enum class LoadError : uint8_t {
  kNone = 0,
  kForeign = 1,      // not a .tflite at all
  kDamaged = 2,      // a .tflite that is cut off or contradicts itself
  kUnsupported = 3,  // a sound .tflite of a form that cannot be cut: subgraphs, variables, schema version
  kOperator = 4,     // an operator that this firmware does not carry; its name is in `operator_name`
  kArena = 5,        // the arena is too small: `needed_bytes`
  kRefused = 6,      // a kernel refused its operator's shapes, types or options
};

constexpr size_t kOperatorNameBytes = 40;
constexpr size_t kLoadTextBytes = 160;

struct LoadResult {
  LoadError error = LoadError::kNone;

  // With kOperator: the schema's name ("LSTM"), or the custom operator's own. With kRefused: the kind that refused.
  char operator_name[kOperatorNameBytes] = "";

  // The arena that this model takes on this processor, alignment and the engine's own tables included. 0 when loading
  // ended before it was known. A lower bound while `needed_is_exact` is false: the arena given was too small even to
  // find out.
  size_t needed_bytes = 0;
  bool needed_is_exact = false;

  // One English sentence, for console and MQTT; empty when the model is ready.
  char text[kLoadTextBytes] = "";

  bool ok() const { return error == LoadError::kNone; }
};

}  // namespace tflm
}  // namespace cutpoint

#endif  // CUTPOINT_TFLM_LOAD_RESULT_H_
