// Whether shapes, types and options of an operator fit each other, a function a family of kernels.
#ifndef CUTPOINT_TFLM_SHAPE_CHECKS_H_
#define CUTPOINT_TFLM_SHAPE_CHECKS_H_

#include "step.h"

namespace cutpoint {
namespace tflm {

// Sums of products (product_checks.cc).
bool convolution(const Step& step);
bool depthwise(const Step& step);
bool transposed(const Step& step);
bool pool(const Step& step);
bool fully_connected(const Step& step);
bool matrix_product(const Step& step);

// Values that only change place, and reductions along axes (move_checks.cc).
bool padded(const Step& step);
bool reduced(const Step& step);
bool concatenated(const Step& step);
bool split(const Step& step);
bool stacked(const Step& step);
bool transposition(const Step& step);
bool sliced(const Step& step);
bool strided(const Step& step);
bool resized(const Step& step);
bool extreme_index(const Step& step);
bool blocks_of_space(const Step& step);
bool blocks_of_depth(const Step& step);

// Types that the kernel takes when it runs (type_checks.cc).
bool types_taken(const Step& step);

}  // namespace tflm
}  // namespace cutpoint

#endif  // CUTPOINT_TFLM_SHAPE_CHECKS_H_
