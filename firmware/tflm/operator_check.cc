// Options and shapes that TFLM's kernels rely on; the source is what their prepare and eval functions divide and index by.
#include "model_check.h"
#include "operators.h"
#include "refusal.h"
#include "shape_checks.h"

namespace cutpoint {
namespace tflm {
namespace {

// Operators whose kernels only move values, or take plain integers.
bool needs_no_scale(tflite::BuiltinOperator kind) {
  switch (kind) {
    case tflite::BuiltinOperator_CAST:
    case tflite::BuiltinOperator_ARG_MAX:
    case tflite::BuiltinOperator_ARG_MIN:
    case tflite::BuiltinOperator_RESHAPE:
    case tflite::BuiltinOperator_SQUEEZE:
    case tflite::BuiltinOperator_EXPAND_DIMS:
    case tflite::BuiltinOperator_TRANSPOSE:
    case tflite::BuiltinOperator_SLICE:
    case tflite::BuiltinOperator_STRIDED_SLICE:
    case tflite::BuiltinOperator_SPLIT:
    case tflite::BuiltinOperator_SPLIT_V:
    case tflite::BuiltinOperator_PACK:
    case tflite::BuiltinOperator_UNPACK:
    case tflite::BuiltinOperator_MIRROR_PAD:
    case tflite::BuiltinOperator_SPACE_TO_DEPTH:
    case tflite::BuiltinOperator_DEPTH_TO_SPACE:
      return true;
    default:
      return false;
  }
}

bool scales_there(const Step& step) {
  if (needs_no_scale(step.kind())) {
    return true;
  }
  for (uint32_t i = 0; i < step.inputs(); i++) {
    if (step.has_input(i) && quantised(step.input(i)) && !has_scale(step.input(i))) {
      return false;
    }
  }
  for (uint32_t i = 0; i < step.outputs(); i++) {
    if (quantised(step.output(i)) && !has_scale(step.output(i))) {
      return false;
    }
  }
  return true;
}

// Kernels divide by sides and skip none; only placeholders that no operator touches may be empty.
bool no_empty_tensors(const Step& step) {
  for (uint32_t i = 0; i < step.inputs(); i++) {
    if (step.has_input(i) && items(step.input(i)) == 0) {
      return false;
    }
  }
  for (uint32_t i = 0; i < step.outputs(); i++) {
    if (items(step.output(i)) == 0) {
      return false;
    }
  }
  return true;
}

// Two operands, each side equal or 1 (or absent); kernels broadcast up to four dimensions.
bool broadcast(const Step& step) {
  const tflite::Tensor &a = step.input(0), &b = step.input(1), &out = step.output(0);
  if (a.type() != b.type() || a.type() != out.type() || rank(a) > 4 || rank(b) > 4 ||
      rank(out) != (rank(a) > rank(b) ? rank(a) : rank(b))) {
    return same_shape(a, b) && same_shape(a, out) && a.type() == b.type() && a.type() == out.type();
  }
  for (uint32_t back = 1; back <= rank(out); back++) {
    const int32_t of_a = back <= rank(a) ? side(a, rank(a) - back) : 1;
    const int32_t of_b = back <= rank(b) ? side(b, rank(b) - back) : 1;
    if ((of_a != of_b && of_a != 1 && of_b != 1) || side(out, rank(out) - back) != (of_a > of_b ? of_a : of_b)) {
      return false;
    }
  }
  return true;
}

bool elementwise(const Step& step) { return same_shape(step.input(0), step.output(0)); }

bool elementwise_of_one_type(const Step& step) {
  return elementwise(step) && step.input(0).type() == step.output(0).type();
}

bool moved(const Step& step) {
  return step.input(0).type() == step.output(0).type() && items(step.input(0)) == items(step.output(0));
}

bool softmax(const Step& step) {
  const tflite::Tensor& in = step.input(0);
  const float beta = step.options().builtin_options_as_SoftmaxOptions()->beta();
  const bool types = in.type() == step.output(0).type() ||
                     (in.type() == tflite::TensorType_INT8 && step.output(0).type() == tflite::TensorType_INT16);
  if (!elementwise(step) || rank(in) == 0 || !types || !(beta > 0.0f && beta <= 1e6f)) {
    return false;
  }
  // The kernel aborts on a multiplier of 1 and less after its 5 integer bits.
  constexpr float kOne = 67108864.0f;  // 2^26
  return in.type() == tflite::TensorType_FLOAT32 || (has_scale(in) && beta * in.quantization()->scale()->Get(0) * kOne > 1.0f);
}

bool normalised(const Step& step) {
  return elementwise_of_one_type(step) && rank(step.input(0)) >= 1 && rank(step.input(0)) <= 4;
}

bool expanded(const Step& step) { return moved(step) && listed(step, 1, 1); }

bool parametric(const Step& step) {
  const tflite::Tensor &in = step.input(0), &alpha = step.input(1);
  return broadcast(step) && same_shape(in, step.output(0)) && rank(alpha) <= rank(in);
}

bool scaled_or_cast(const Step& step) {
  return elementwise(step) && (step.kind() != tflite::BuiltinOperator_DEQUANTIZE ||
                               step.output(0).type() == tflite::TensorType_FLOAT32);
}

float scale_of(const tflite::Tensor& tensor) { return tensor.quantization()->scale()->Get(0); }

// Sums are taken in the finer scale: the kernel aborts where the operands are 2^19 times the output's and more.
bool sum(const Step& step) {
  if (!broadcast(step)) {
    return false;
  }
  if (!quantised(step.output(0))) {
    return true;
  }
  const float a = scale_of(step.input(0)), b = scale_of(step.input(1)), out = scale_of(step.output(0));
  constexpr float kMost = 262144.0f;  // 2^18
  return a < kMost * out && b < kMost * out && a < kMost * b && b < kMost * a;
}

// The 16-bit tables are made for inputs of about 2^-12.
bool curve(const Step& step) {
  const tflite::Tensor& in = step.input(0);
  return elementwise_of_one_type(step) && (in.type() != tflite::TensorType_INT16 || scale_of(in) <= 1.0f);
}

bool shapes_fit(const Step& step) {
  switch (step.kind()) {
    case tflite::BuiltinOperator_CONV_2D:
      return convolution(step);
    case tflite::BuiltinOperator_DEPTHWISE_CONV_2D:
      return depthwise(step);
    case tflite::BuiltinOperator_TRANSPOSE_CONV:
      return transposed(step);
    case tflite::BuiltinOperator_AVERAGE_POOL_2D:
    case tflite::BuiltinOperator_MAX_POOL_2D:
      return pool(step);
    case tflite::BuiltinOperator_FULLY_CONNECTED:
      return fully_connected(step);
    case tflite::BuiltinOperator_BATCH_MATMUL:
      return matrix_product(step);
    case tflite::BuiltinOperator_ADD:
    case tflite::BuiltinOperator_SUB:
      return sum(step);
    case tflite::BuiltinOperator_LOGISTIC:
    case tflite::BuiltinOperator_TANH:
      return curve(step);
    case tflite::BuiltinOperator_MUL:
    case tflite::BuiltinOperator_MAXIMUM:
    case tflite::BuiltinOperator_MINIMUM:
      return broadcast(step);
    case tflite::BuiltinOperator_PRELU:
      return parametric(step);
    case tflite::BuiltinOperator_PAD:
    case tflite::BuiltinOperator_PADV2:
    case tflite::BuiltinOperator_MIRROR_PAD:
      return padded(step);
    case tflite::BuiltinOperator_MEAN:
    case tflite::BuiltinOperator_SUM:
    case tflite::BuiltinOperator_REDUCE_MAX:
      return reduced(step);
    case tflite::BuiltinOperator_CONCATENATION:
      return concatenated(step);
    case tflite::BuiltinOperator_SPLIT:
    case tflite::BuiltinOperator_SPLIT_V:
      return split(step);
    case tflite::BuiltinOperator_PACK:
    case tflite::BuiltinOperator_UNPACK:
      return stacked(step);
    case tflite::BuiltinOperator_TRANSPOSE:
      return transposition(step);
    case tflite::BuiltinOperator_SLICE:
      return sliced(step);
    case tflite::BuiltinOperator_STRIDED_SLICE:
      return strided(step);
    case tflite::BuiltinOperator_RESIZE_BILINEAR:
    case tflite::BuiltinOperator_RESIZE_NEAREST_NEIGHBOR:
      return resized(step);
    case tflite::BuiltinOperator_ARG_MAX:
    case tflite::BuiltinOperator_ARG_MIN:
      return extreme_index(step);
    case tflite::BuiltinOperator_SPACE_TO_BATCH_ND:
    case tflite::BuiltinOperator_BATCH_TO_SPACE_ND:
      return blocks_of_space(step);
    case tflite::BuiltinOperator_SPACE_TO_DEPTH:
    case tflite::BuiltinOperator_DEPTH_TO_SPACE:
      return blocks_of_depth(step);
    case tflite::BuiltinOperator_SOFTMAX:
      return softmax(step);
    case tflite::BuiltinOperator_L2_NORMALIZATION:
      return normalised(step);
    case tflite::BuiltinOperator_EXPAND_DIMS:
      return expanded(step);
    case tflite::BuiltinOperator_RESHAPE:
    case tflite::BuiltinOperator_SQUEEZE:
      return moved(step);
    case tflite::BuiltinOperator_QUANTIZE:
    case tflite::BuiltinOperator_DEQUANTIZE:
    case tflite::BuiltinOperator_CAST:
      return scaled_or_cast(step);
    default:
      return elementwise_of_one_type(step);
  }
}

}  // namespace

bool check_operator(const tflite::Model& model, uint32_t index, LoadResult& result) {
  const Step step(model, index);
  const OperatorEntry& entry = *find_operator(step.kind());
  bool fits = step.inputs() >= entry.least_inputs && step.inputs() <= entry.most_inputs &&
              step.outputs() <= entry.most_outputs;
  for (uint32_t i = 0; fits && i < entry.least_inputs; i++) {
    fits = step.has_input(i);
  }
  if (entry.options != tflite::BuiltinOptions_NONE) {
    fits = fits && step.options().builtin_options_type() == entry.options && step.options().builtin_options() != nullptr;
  }
  if (fits && no_empty_tensors(step) && types_taken(step) && scales_there(step) && shapes_fit(step)) {
    return true;
  }
  const char* name = tflite::EnumNameBuiltinOperator(step.kind());
  name_operator(result, name);
  return refuse(result, LoadError::kRefused, "Operator %u (%s) has inputs, shapes, types or options that do not fit.",
                static_cast<unsigned>(index), name);
}

}  // namespace tflm
}  // namespace cutpoint
