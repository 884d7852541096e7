#include "mended_kernels.h"

#include "tensorflow/lite/kernels/internal/reference/integer_ops/fully_connected.h"
#include "tensorflow/lite/kernels/internal/types.h"
#include "tensorflow/lite/micro/kernels/fully_connected.h"
#include "tensorflow/lite/micro/kernels/kernel_util.h"
#include "tensorflow/lite/micro/micro_context.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

namespace cutpoint {
namespace tflm {
namespace {

namespace integer = tflite::reference_integer_ops;
using tflite::micro::GetEvalInput;
using tflite::micro::GetOptionalTensorData;
using tflite::micro::GetTensorData;
using tflite::micro::GetTensorShape;

// `Sum` is the type of biases, and sums are taken in it.
template <typename Sum>
void wide_fully_connected(const tflite::OpDataFullyConnected& data, const TfLiteEvalTensor* in,
                          const TfLiteEvalTensor* weights, const TfLiteEvalTensor* bias, TfLiteEvalTensor* out) {
  const tflite::FullyConnectedParams params = tflite::FullyConnectedParamsQuantized(data);
  if (data.is_per_channel) {
    integer::FullyConnectedPerChannel(params, data.per_channel_output_multiplier,
                                      reinterpret_cast<const int*>(data.per_channel_output_shift), GetTensorShape(in),
                                      GetTensorData<int16_t>(in), GetTensorShape(weights),
                                      GetTensorData<int8_t>(weights), GetTensorShape(bias),
                                      GetOptionalTensorData<Sum>(bias), GetTensorShape(out),
                                      GetTensorData<int16_t>(out));
  } else {
    integer::FullyConnected(params, GetTensorShape(in), GetTensorData<int16_t>(in), GetTensorShape(weights),
                            GetTensorData<int8_t>(weights), GetTensorShape(bias), GetOptionalTensorData<Sum>(bias),
                            GetTensorShape(out), GetTensorData<int16_t>(out));
  }
}

TfLiteStatus fully_connected(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteEvalTensor* in = GetEvalInput(context, node, tflite::kFullyConnectedInputTensor);
  const TfLiteEvalTensor* weights = GetEvalInput(context, node, tflite::kFullyConnectedWeightsTensor);
  if (in->type != kTfLiteInt16 || weights->type != kTfLiteInt8) {
    return tflite::Register_FULLY_CONNECTED().invoke(context, node);
  }
  const TfLiteEvalTensor* bias = GetEvalInput(context, node, tflite::kFullyConnectedBiasTensor);
  TfLiteEvalTensor* out = tflite::micro::GetEvalOutput(context, node, tflite::kFullyConnectedOutputTensor);
  const auto& data = *static_cast<const tflite::OpDataFullyConnected*>(node->user_data);
  const auto& options = *static_cast<const TfLiteFullyConnectedParams*>(node->builtin_data);
  if (bias == nullptr ? options.quantized_bias_type == kTfLiteInt32 : bias->type == kTfLiteInt32) {
    wide_fully_connected<int32_t>(data, in, weights, bias, out);
  } else {
    wide_fully_connected<int64_t>(data, in, weights, bias, out);
  }
  return kTfLiteOk;
}

TfLiteStatus prepare_space_to_batch(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteStatus status = tflite::Register_SPACE_TO_BATCH_ND().prepare(context, node);
  if (status != kTfLiteOk) {
    return status;
  }
  tflite::MicroContext* tensors = tflite::GetMicroContext(context);
  TfLiteTensor* out = tensors->AllocateTempOutputTensor(node, 0);
  if (out == nullptr) {
    return kTfLiteError;
  }
  static_cast<tflite::SpaceToBatchParams*>(node->user_data)->output_offset = out->params.zero_point;
  tensors->DeallocateTempTfLiteTensor(out);
  return kTfLiteOk;
}

}  // namespace

TFLMRegistration mended(tflite::BuiltinOperator code, TFLMRegistration own) {
  if (code == tflite::BuiltinOperator_FULLY_CONNECTED) {
    own.invoke = fully_connected;
  } else if (code == tflite::BuiltinOperator_SPACE_TO_BATCH_ND) {
    own.prepare = prepare_space_to_batch;
  }
  return own;
}

}  // namespace tflm
}  // namespace cutpoint
