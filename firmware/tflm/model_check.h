// What must hold of a file before TFLM sees it: TFLM trusts every offset, index and option in it.
#ifndef CUTPOINT_TFLM_MODEL_CHECK_H_
#define CUTPOINT_TFLM_MODEL_CHECK_H_

#include "../core/span.h"
#include "load_result.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace cutpoint {
namespace tflm {

// The model in the file when it is sound: every offset inside the file, one subgraph of operators that this firmware
// carries, every tensor made before it is read, weights as long as their shapes. Otherwise nullptr, and `result` says
// what was seen. Takes no memory beyond the stack.
const tflite::Model* check_model(Bytes file, LoadResult& result);

// Options and shapes that a kernel divides, indexes or counts by without asking. `index` names the operator.
bool check_operator(const tflite::Model& model, uint32_t index, LoadResult& result);

// Whether a tensor's values are in the file (weights), rather than computed or given.
bool is_constant(const tflite::Model& model, const tflite::Tensor& tensor);

}  // namespace tflm
}  // namespace cutpoint

#endif  // CUTPOINT_TFLM_MODEL_CHECK_H_
