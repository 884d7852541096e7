// Fills a LoadResult with why a model is refused.
#ifndef CUTPOINT_TFLM_REFUSAL_H_
#define CUTPOINT_TFLM_REFUSAL_H_

#include "load_result.h"

namespace cutpoint {
namespace tflm {

// Returns false, so that a check can end with it. The text is cut to its room.
__attribute__((format(printf, 3, 4))) bool refuse(LoadResult& result, LoadError error, const char* format, ...);

void name_operator(LoadResult& result, const char* name);

}  // namespace tflm
}  // namespace cutpoint

#endif  // CUTPOINT_TFLM_REFUSAL_H_
