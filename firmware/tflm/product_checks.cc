#include "shape_checks.h"

namespace cutpoint {
namespace tflm {
namespace {

constexpr int64_t kMostSum = int64_t{1} << 46;

bool channels_there(const tflite::Tensor& weights, int32_t channels) {
  const auto* quantisation = weights.quantization();
  const uint32_t scales = quantisation == nullptr ? 0 : count_of(quantisation->scale());
  if (quantised(weights) && scales != 0 && quantisation->zero_point() != nullptr) {
    for (const int64_t zero_point : *quantisation->zero_point()) {
      if (zero_point != 0) {
        return false;  // kernels take weights as symmetric
      }
    }
  }
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
  if (!type_fits || items(bias) != static_cast<uint32_t>(channels)) {
    return false;
  }
  if (bias.type() == tflite::TensorType_INT64) {
    // 16-bit kernels scale sums of 48 bits.
    for (uint32_t i = 0; step.constant(bias) && i < items(bias); i++) {
      const int64_t value = step.constant64_at(place, i);
      if (value <= -kMostSum || value >= kMostSum) {
        return false;
      }
    }
    return step.constant(bias);
  }
  return true;
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

}  // namespace

bool convolution(const Step& step) {
  const auto* options = step.options().builtin_options_as_Conv2DOptions();
  const tflite::Tensor &in = step.input(0), &weights = step.input(1), &out = step.output(0);
  return rank(in) == 4 && rank(weights) == 4 && rank(out) == 4 && step.constant(weights) && product_types(step) &&
         positive(options->stride_w(), options->stride_h()) &&
         positive(options->dilation_w_factor(), options->dilation_h_factor()) &&
         // ESP-NN's kernels take all channels for one group, and write outside of their scratch memory.
         (in.type() != tflite::TensorType_INT8 || side(in, 3) == side(weights, 3)) &&
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

}  // namespace tflm
}  // namespace cutpoint
