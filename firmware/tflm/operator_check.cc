// Options and shapes that TFLM's kernels rely on; the source is what their prepare and eval functions divide and index by.
#include "model_check.h"
#include "operators.h"
#include "refusal.h"
#include "tensor_bytes.h"
#include "tensorflow/lite/schema/schema_utils.h"

namespace cutpoint {
namespace tflm {
namespace {

// One operator with its tensors at hand.
class Step {
 public:
  Step(const tflite::Model& model, uint32_t index)
      : model_(model),
        graph_(*(*model.subgraphs())[0]),
        step_(*(*graph_.operators())[index]),
        kind_(tflite::GetBuiltinCode((*model.operator_codes())[step_.opcode_index()])) {}

  tflite::BuiltinOperator kind() const { return kind_; }
  const tflite::Operator& options() const { return step_; }
  uint32_t inputs() const { return step_.inputs()->size(); }
  uint32_t outputs() const { return step_.outputs()->size(); }
  bool has_input(uint32_t place) const { return place < inputs() && step_.inputs()->Get(place) >= 0; }
  const tflite::Tensor& input(uint32_t place) const { return tensor(step_.inputs()->Get(place)); }
  const tflite::Tensor& output(uint32_t place) const { return tensor(step_.outputs()->Get(place)); }
  bool constant(const tflite::Tensor& tensor) const { return is_constant(model_, tensor); }

  // An int32 element of an input that is in the file.
  int32_t constant_at(uint32_t place, uint32_t item) const {
    const auto* data = (*model_.buffers())[input(place).buffer()]->data();
    return flatbuffers::ReadScalar<int32_t>(data->data() + size_t{4} * item);
  }

 private:
  const tflite::Tensor& tensor(int32_t index) const { return *(*graph_.tensors())[static_cast<uint32_t>(index)]; }

  const tflite::Model& model_;
  const tflite::SubGraph& graph_;
  const tflite::Operator& step_;
  tflite::BuiltinOperator kind_;
};

uint32_t rank(const tflite::Tensor& tensor) { return count_of(tensor.shape()); }

int32_t side(const tflite::Tensor& tensor, uint32_t dimension) { return tensor.shape()->Get(dimension); }

uint32_t items(const tflite::Tensor& tensor) {
  uint32_t product = 1;
  for (uint32_t i = 0; i < rank(tensor); i++) {
    product *= static_cast<uint32_t>(side(tensor, i));
  }
  return product;
}

bool same_shape(const tflite::Tensor& a, const tflite::Tensor& b) {
  bool same = rank(a) == rank(b);
  for (uint32_t i = 0; same && i < rank(a); i++) {
    same = side(a, i) == side(b, i);
  }
  return same;
}

bool quantised(const tflite::Tensor& tensor) {
  return tensor.type() == tflite::TensorType_INT8 || tensor.type() == tflite::TensorType_UINT8 ||
         tensor.type() == tflite::TensorType_INT16;
}

bool has_scale(const tflite::Tensor& tensor) {
  if (tensor.quantization() == nullptr || count_of(tensor.quantization()->scale()) == 0 ||
      count_of(tensor.quantization()->zero_point()) == 0) {
    return false;
  }
  for (const float scale : *tensor.quantization()->scale()) {
    if (!(scale >= 1e-15f)) {
      return false;
    }
  }
  return true;
}

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

bool channels_there(const tflite::Tensor& weights, int32_t channels) {
  const auto* quantisation = weights.quantization();
  const uint32_t scales = quantisation == nullptr ? 0 : count_of(quantisation->scale());
  return !quantised(weights) || scales == 1 || scales == static_cast<uint32_t>(channels);
}

// Types of input, weights and output that belong together; kernels take the rest as one of these.
bool product_types(const Step& step) {
  const tflite::TensorType in = step.input(0).type();
  const tflite::TensorType weights = step.input(1).type();
  if (step.output(0).type() != in) {
    return false;
  }
  const bool small = weights == tflite::TensorType_INT8 || weights == tflite::TensorType_INT4;
  return in == tflite::TensorType_FLOAT32 ? weights == tflite::TensorType_FLOAT32
                                          : (in == tflite::TensorType_INT8 || in == tflite::TensorType_INT16) && small;
}

bool bias_fits(const Step& step, uint32_t place, int32_t channels) {
  if (!step.has_input(place)) {
    return true;
  }
  const tflite::Tensor& bias = step.input(place);
  const tflite::TensorType in = step.input(place == 3 ? 2 : 0).type();
  const bool type_fits = in == tflite::TensorType_FLOAT32 ? bias.type() == tflite::TensorType_FLOAT32
                         : in == tflite::TensorType_INT8  ? bias.type() == tflite::TensorType_INT32
                                                          : bias.type() == tflite::TensorType_INT64 ||
                                                               bias.type() == tflite::TensorType_INT32;
  return type_fits && items(bias) == static_cast<uint32_t>(channels);
}

bool positive(int32_t a, int32_t b) { return a > 0 && b > 0 && a < 0x8000 && b < 0x8000; }

// Cells that a window leaves of one side; both paddings of the schema.
bool window_fits(tflite::Padding padding, int32_t in, int32_t window, int32_t stride, int32_t dilation, int32_t out) {
  const int64_t reach = int64_t{dilation} * (window - 1) + 1;
  const int64_t cells = padding == tflite::Padding_SAME ? (int64_t{in} + stride - 1) / stride
                                                        : (int64_t{in} - reach + stride) / stride;
  return cells == out && (padding == tflite::Padding_SAME || padding == tflite::Padding_VALID);
}

bool activation_known(tflite::ActivationFunctionType activation) {
  return activation == tflite::ActivationFunctionType_NONE || activation == tflite::ActivationFunctionType_RELU ||
         activation == tflite::ActivationFunctionType_RELU_N1_TO_1 ||
         activation == tflite::ActivationFunctionType_RELU6;
}

bool convolution(const Step& step) {
  const auto* options = step.options().builtin_options_as_Conv2DOptions();
  const tflite::Tensor &in = step.input(0), &weights = step.input(1), &out = step.output(0);
  return rank(in) == 4 && rank(weights) == 4 && rank(out) == 4 && step.constant(weights) && product_types(step) &&
         positive(options->stride_w(), options->stride_h()) &&
         positive(options->dilation_w_factor(), options->dilation_h_factor()) &&
         side(in, 3) % side(weights, 3) == 0 && side(weights, 0) % (side(in, 3) / side(weights, 3)) == 0 &&
         side(weights, 0) == side(out, 3) && side(in, 0) == side(out, 0) &&
         window_fits(options->padding(), side(in, 1), side(weights, 1), options->stride_h(),
                     options->dilation_h_factor(), side(out, 1)) &&
         window_fits(options->padding(), side(in, 2), side(weights, 2), options->stride_w(),
                     options->dilation_w_factor(), side(out, 2)) &&
         channels_there(weights, side(out, 3)) && bias_fits(step, 2, side(out, 3)) &&
         activation_known(options->fused_activation_function());
}

bool depthwise(const Step& step) {
  const auto* options = step.options().builtin_options_as_DepthwiseConv2DOptions();
  const tflite::Tensor &in = step.input(0), &weights = step.input(1), &out = step.output(0);
  return rank(in) == 4 && rank(weights) == 4 && rank(out) == 4 && step.constant(weights) && product_types(step) &&
         positive(options->stride_w(), options->stride_h()) &&
         positive(options->dilation_w_factor(), options->dilation_h_factor()) && side(weights, 0) == 1 &&
         side(weights, 3) == side(out, 3) && side(weights, 3) % side(in, 3) == 0 &&
         options->depth_multiplier() == side(weights, 3) / side(in, 3) && side(in, 0) == side(out, 0) &&
         window_fits(options->padding(), side(in, 1), side(weights, 1), options->stride_h(),
                     options->dilation_h_factor(), side(out, 1)) &&
         window_fits(options->padding(), side(in, 2), side(weights, 2), options->stride_w(),
                     options->dilation_w_factor(), side(out, 2)) &&
         channels_there(weights, side(out, 3)) && bias_fits(step, 2, side(out, 3)) &&
         activation_known(options->fused_activation_function());
}

bool transposed(const Step& step) {
  const auto* options = step.options().builtin_options_as_TransposeConvOptions();
  const tflite::Tensor &weights = step.input(1), &in = step.input(2), &out = step.output(0);
  return rank(in) == 4 && rank(weights) == 4 && rank(out) == 4 && step.constant(weights) && in.type() == out.type() &&
         (in.type() == tflite::TensorType_FLOAT32 ? weights.type() == in.type()
                                                  : weights.type() == tflite::TensorType_INT8 &&
                                                        (in.type() == tflite::TensorType_INT8 ||
                                                         in.type() == tflite::TensorType_INT16)) &&
         positive(options->stride_w(), options->stride_h()) && side(weights, 3) == side(in, 3) &&
         side(weights, 0) == side(out, 3) && side(in, 0) == side(out, 0) &&
         window_fits(options->padding(), side(out, 1), side(weights, 1), options->stride_h(), 1, side(in, 1)) &&
         window_fits(options->padding(), side(out, 2), side(weights, 2), options->stride_w(), 1, side(in, 2)) &&
         channels_there(weights, side(out, 3)) && bias_fits(step, 3, side(out, 3)) &&
         activation_known(options->fused_activation_function());
}

bool pool(const Step& step) {
  const auto* options = step.options().builtin_options_as_Pool2DOptions();
  const tflite::Tensor &in = step.input(0), &out = step.output(0);
  return rank(in) == 4 && rank(out) == 4 && in.type() == out.type() &&
         positive(options->stride_w(), options->stride_h()) &&
         positive(options->filter_width(), options->filter_height()) && side(in, 0) == side(out, 0) &&
         side(in, 3) == side(out, 3) &&
         window_fits(options->padding(), side(in, 1), options->filter_height(), options->stride_h(), 1, side(out, 1)) &&
         window_fits(options->padding(), side(in, 2), options->filter_width(), options->stride_w(), 1, side(out, 2)) &&
         activation_known(options->fused_activation_function());
}

bool fully_connected(const Step& step) {
  const auto* options = step.options().builtin_options_as_FullyConnectedOptions();
  const tflite::Tensor &in = step.input(0), &weights = step.input(1), &out = step.output(0);
  return rank(weights) == 2 && rank(out) >= 1 && product_types(step) &&
         options->weights_format() == tflite::FullyConnectedOptionsWeightsFormat_DEFAULT &&
         items(in) % static_cast<uint32_t>(side(weights, 1)) == 0 &&
         items(in) / static_cast<uint32_t>(side(weights, 1)) * static_cast<uint32_t>(side(weights, 0)) == items(out) &&
         side(out, rank(out) - 1) == side(weights, 0) && channels_there(weights, side(weights, 0)) &&
         bias_fits(step, 2, side(weights, 0)) && activation_known(options->fused_activation_function());
}

bool matrix_product(const Step& step) {
  const auto* options = step.options().builtin_options_as_BatchMatMulOptions();
  const tflite::Tensor &a = step.input(0), &b = step.input(1), &out = step.output(0);
  if (rank(a) < 2 || rank(b) < 2 || rank(a) > 5 || rank(b) > 5 || a.type() != b.type() || a.type() != out.type() ||
      rank(out) != (rank(a) > rank(b) ? rank(a) : rank(b))) {
    return false;
  }
  const int32_t rows = side(a, rank(a) - (options->adj_x() ? 1 : 2));
  const int32_t along = side(a, rank(a) - (options->adj_x() ? 2 : 1));
  const int32_t along_b = side(b, rank(b) - (options->adj_y() ? 1 : 2));
  const int32_t columns = side(b, rank(b) - (options->adj_y() ? 2 : 1));
  for (uint32_t back = 3; back <= rank(out); back++) {
    const int32_t of_a = back <= rank(a) ? side(a, rank(a) - back) : 1;
    const int32_t of_b = back <= rank(b) ? side(b, rank(b) - back) : 1;
    if ((of_a != of_b && of_a != 1 && of_b != 1) || side(out, rank(out) - back) != (of_a > of_b ? of_a : of_b)) {
      return false;
    }
  }
  return along == along_b && side(out, rank(out) - 2) == rows && side(out, rank(out) - 1) == columns;
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

// An int32 list in the file with `wanted` elements.
bool listed(const Step& step, uint32_t place, uint32_t wanted) {
  const tflite::Tensor& list = step.input(place);
  return step.constant(list) && list.type() == tflite::TensorType_INT32 && items(list) == wanted;
}

bool axis_fits(int32_t axis, uint32_t dimensions) {
  const int32_t most = static_cast<int32_t>(dimensions);
  return axis >= -most && axis < most;
}

uint32_t from_front(int32_t axis, uint32_t dimensions) {
  return axis < 0 ? static_cast<uint32_t>(axis + static_cast<int32_t>(dimensions)) : static_cast<uint32_t>(axis);
}

bool padded(const Step& step) {
  const tflite::Tensor &in = step.input(0), &out = step.output(0);
  if (rank(in) > 4 || rank(in) != rank(out) || in.type() != out.type() || !listed(step, 1, 2 * rank(in)) ||
      (step.has_input(2) && (step.input(2).type() != in.type() || items(step.input(2)) != 1))) {
    return false;
  }
  for (uint32_t i = 0; i < rank(in); i++) {
    const int64_t before = step.constant_at(1, 2 * i), after = step.constant_at(1, 2 * i + 1);
    if (before < 0 || after < 0 || before + side(in, i) + after != side(out, i)) {
      return false;
    }
    if (step.kind() == tflite::BuiltinOperator_MIRROR_PAD && (before >= side(in, i) || after >= side(in, i))) {
      return false;
    }
  }
  return true;
}

bool reduced(const Step& step) {
  const tflite::Tensor &in = step.input(0), &axes = step.input(1), &out = step.output(0);
  if (rank(in) == 0 || rank(in) > 4 || in.type() != out.type() || !step.constant(axes) ||
      axes.type() != tflite::TensorType_INT32 || items(axes) > rank(in)) {
    return false;
  }
  bool gone[4] = {};
  for (uint32_t i = 0; i < items(axes); i++) {
    if (!axis_fits(step.constant_at(1, i), rank(in))) {
      return false;
    }
    gone[from_front(step.constant_at(1, i), rank(in))] = true;
  }
  const bool keep = step.options().builtin_options_as_ReducerOptions()->keep_dims();
  uint32_t place = 0;
  for (uint32_t i = 0; i < rank(in); i++) {
    if (gone[i] && !keep) {
      continue;
    }
    if (place >= rank(out) || side(out, place) != (gone[i] ? 1 : side(in, i))) {
      return false;
    }
    place++;
  }
  return place == rank(out) || (place == 0 && items(out) == 1);
}

bool concatenated(const Step& step) {
  const auto* options = step.options().builtin_options_as_ConcatenationOptions();
  const tflite::Tensor& out = step.output(0);
  if (rank(out) == 0 || rank(out) > 5 || !axis_fits(options->axis(), rank(out)) ||
      options->fused_activation_function() != tflite::ActivationFunctionType_NONE) {
    return false;
  }
  const uint32_t axis = from_front(options->axis(), rank(out));
  int64_t along = 0;
  for (uint32_t i = 0; i < step.inputs(); i++) {
    if (!step.has_input(i) || rank(step.input(i)) != rank(out) || step.input(i).type() != out.type()) {
      return false;
    }
    along += side(step.input(i), axis);
    for (uint32_t dimension = 0; dimension < rank(out); dimension++) {
      if (dimension != axis && side(step.input(i), dimension) != side(out, dimension)) {
        return false;
      }
    }
  }
  return along == side(out, axis);
}

// `whole` taken apart into `parts` along an axis, or put together from them.
bool divided(const tflite::Tensor& whole, const tflite::Tensor& part, uint32_t axis) {
  if (rank(whole) != rank(part) || whole.type() != part.type()) {
    return false;
  }
  for (uint32_t i = 0; i < rank(whole); i++) {
    if (i != axis && side(whole, i) != side(part, i)) {
      return false;
    }
  }
  return true;
}

bool split(const Step& step) {
  const bool sized = step.kind() == tflite::BuiltinOperator_SPLIT_V;
  const uint32_t axis_place = sized ? 2 : 0;
  const tflite::Tensor& in = step.input(sized ? 0 : 1);
  const int32_t stated = sized ? step.options().builtin_options_as_SplitVOptions()->num_splits()
                               : step.options().builtin_options_as_SplitOptions()->num_splits();
  if (rank(in) > 5 || !listed(step, axis_place, 1) || !axis_fits(step.constant_at(axis_place, 0), rank(in)) ||
      stated != static_cast<int32_t>(step.outputs()) || (sized && !listed(step, 1, step.outputs()))) {
    return false;
  }
  const uint32_t axis = from_front(step.constant_at(axis_place, 0), rank(in));
  int64_t along = 0;
  for (uint32_t i = 0; i < step.outputs(); i++) {
    if (!divided(in, step.output(i), axis) || (!sized && side(step.output(i), axis) != side(step.output(0), axis)) ||
        (sized && side(step.output(i), axis) != step.constant_at(1, i) && step.constant_at(1, i) != -1)) {
      return false;
    }
    along += side(step.output(i), axis);
  }
  return along == side(in, axis);
}

bool stacked(const Step& step) {
  const bool pack = step.kind() == tflite::BuiltinOperator_PACK;
  const tflite::Tensor& whole = pack ? step.output(0) : step.input(0);
  const int32_t axis = pack ? step.options().builtin_options_as_PackOptions()->axis()
                            : step.options().builtin_options_as_UnpackOptions()->axis();
  const int32_t stated = pack ? step.options().builtin_options_as_PackOptions()->values_count()
                              : step.options().builtin_options_as_UnpackOptions()->num();
  const uint32_t parts = pack ? step.inputs() : step.outputs();
  if (rank(whole) == 0 || !axis_fits(axis, rank(whole)) || stated != static_cast<int32_t>(parts) ||
      side(whole, from_front(axis, rank(whole))) != stated) {
    return false;
  }
  for (uint32_t i = 0; i < parts; i++) {
    if (pack && !step.has_input(i)) {
      return false;
    }
    const tflite::Tensor& part = pack ? step.input(i) : step.output(i);
    if (part.type() != whole.type() || rank(part) + 1 != rank(whole) || items(part) * parts != items(whole)) {
      return false;
    }
  }
  return true;
}

bool transposition(const Step& step) {
  const tflite::Tensor &in = step.input(0), &out = step.output(0);
  if (rank(in) > 5 || rank(in) != rank(out) || in.type() != out.type() || !listed(step, 1, rank(in))) {
    return false;
  }
  unsigned seen = 0;
  for (uint32_t i = 0; i < rank(in); i++) {
    const int32_t from = step.constant_at(1, i);
    if (from < 0 || from >= static_cast<int32_t>(rank(in)) || side(out, i) != side(in, static_cast<uint32_t>(from))) {
      return false;
    }
    seen |= 1u << from;
  }
  return seen == (1u << rank(in)) - 1;
}

bool sliced(const Step& step) {
  const tflite::Tensor &in = step.input(0), &out = step.output(0);
  if (rank(in) > 5 || rank(in) != rank(out) || in.type() != out.type() || !listed(step, 1, rank(in)) ||
      !listed(step, 2, rank(in))) {
    return false;
  }
  for (uint32_t i = 0; i < rank(in); i++) {
    const int64_t begin = step.constant_at(1, i), size = step.constant_at(2, i);
    if (begin < 0 || begin + side(out, i) > side(in, i) || (size != -1 && size != side(out, i)) ||
        (size == -1 && begin + side(out, i) != side(in, i))) {
      return false;
    }
  }
  return true;
}

bool strided(const Step& step) {
  const tflite::Tensor &in = step.input(0), &out = step.output(0);
  const auto* options = step.options().builtin_options_as_StridedSliceOptions();
  if (rank(in) == 0 || rank(in) > 4 || rank(out) > rank(in) || in.type() != out.type() || options->ellipsis_mask() != 0 ||
      options->new_axis_mask() != 0 || options->offset()) {
    return false;
  }
  for (uint32_t place = 1; place <= 3; place++) {
    if (!listed(step, place, rank(in))) {
      return false;
    }
  }
  // What the kernel will walk over must be what the output has room for.
  uint64_t walked = 1;
  for (uint32_t i = 0; i < rank(in); i++) {
    const int64_t length = side(in, i), stride = step.constant_at(3, i);
    const unsigned bit = 1u << i;
    if (stride == 0 || stride == INT32_MIN) {
      return false;
    }
    const auto bounded = [&](int64_t at) {
      at = at < 0 ? at + length : at;
      const int64_t low = stride > 0 ? 0 : -1, high = stride > 0 ? length : length - 1;
      return at < low ? low : at > high ? high : at;
    };
    int64_t begin = bounded(step.constant_at(1, i)), end = bounded(step.constant_at(2, i));
    if ((static_cast<unsigned>(options->begin_mask()) & bit) != 0) {
      begin = stride > 0 ? 0 : length - 1;
    }
    if ((static_cast<unsigned>(options->end_mask()) & bit) != 0) {
      end = stride > 0 ? length : -1;
    }
    if ((static_cast<unsigned>(options->shrink_axis_mask()) & bit) != 0) {
      if (stride < 0 || begin >= length) {
        return false;
      }
      end = begin + 1;
    }
    const int64_t steps = stride > 0 ? (end - begin + stride - 1) / stride : (begin - end - stride - 1) / -stride;
    if (steps <= 0 || begin < 0 || begin >= length) {
      return false;
    }
    walked *= static_cast<uint64_t>(steps);
  }
  return walked == items(out);
}

bool resized(const Step& step) {
  const tflite::Tensor &in = step.input(0), &out = step.output(0);
  return rank(in) == 4 && rank(out) == 4 && in.type() == out.type() && listed(step, 1, 2) &&
         step.constant_at(1, 0) == side(out, 1) && step.constant_at(1, 1) == side(out, 2) &&
         side(in, 0) == side(out, 0) && side(in, 3) == side(out, 3);
}

bool extreme_index(const Step& step) {
  const tflite::Tensor &in = step.input(0), &out = step.output(0);
  if (rank(in) == 0 || rank(in) > 5 || !listed(step, 1, 1) || !axis_fits(step.constant_at(1, 0), rank(in)) ||
      out.type() != tflite::TensorType_INT32) {
    return false;
  }
  return items(out) * static_cast<uint32_t>(side(in, from_front(step.constant_at(1, 0), rank(in)))) == items(in);
}

bool blocks_of_space(const Step& step) {
  const bool to_batch = step.kind() == tflite::BuiltinOperator_SPACE_TO_BATCH_ND;
  const tflite::Tensor &in = step.input(0), &out = step.output(0);
  const tflite::Tensor &space = to_batch ? in : out, &batch = to_batch ? out : in;
  if (rank(in) < 3 || rank(in) > 4 || rank(in) != rank(out) || in.type() != out.type()) {
    return false;
  }
  const uint32_t sides = rank(in) - 2;
  if (!listed(step, 1, sides) || !listed(step, 2, 2 * sides) || side(in, rank(in) - 1) != side(out, rank(in) - 1)) {
    return false;
  }
  int64_t batches = side(space, 0);
  for (uint32_t i = 0; i < sides; i++) {
    const int64_t block = step.constant_at(1, i), before = step.constant_at(2, 2 * i);
    const int64_t after = step.constant_at(2, 2 * i + 1);
    if (block <= 0 || before < 0 || after < 0 || before > INT16_MAX || after > INT16_MAX ||
        int64_t{side(batch, i + 1)} * block != int64_t{side(space, i + 1)} + before + after) {
      return false;
    }
    batches *= block;
    if (batches > INT32_MAX) {
      return false;
    }
  }
  return batches == side(batch, 0);
}

bool blocks_of_depth(const Step& step) {
  const bool to_depth = step.kind() == tflite::BuiltinOperator_SPACE_TO_DEPTH;
  const tflite::Tensor &in = step.input(0), &out = step.output(0);
  const tflite::Tensor &space = to_depth ? in : out, &depth = to_depth ? out : in;
  const int64_t block = to_depth ? step.options().builtin_options_as_SpaceToDepthOptions()->block_size()
                                 : step.options().builtin_options_as_DepthToSpaceOptions()->block_size();
  return rank(in) == 4 && rank(out) == 4 && in.type() == out.type() && block > 0 && block < 0x8000 &&
         side(in, 0) == side(out, 0) && side(depth, 1) * block == side(space, 1) &&
         side(depth, 2) * block == side(space, 2) && side(space, 3) * block * block == side(depth, 3);
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
  if (fits && no_empty_tensors(step) && scales_there(step) && shapes_fit(step)) {
    return true;
  }
  const char* name = tflite::EnumNameBuiltinOperator(step.kind());
  name_operator(result, name);
  return refuse(result, LoadError::kRefused, "Operator %u (%s) has inputs, shapes, types or options that do not fit.",
                static_cast<unsigned>(index), name);
}

}  // namespace tflm
}  // namespace cutpoint
