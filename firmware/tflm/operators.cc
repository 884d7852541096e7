#include "operators.h"

#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

namespace cutpoint {
namespace tflm {
namespace {

constexpr uint8_t kAny = 255;

// One line an operator: name in the schema, name in TFLM's registration, parser, options, inputs least and most,
// outputs most. cutpoint/graph/carried.py repeats the names; tests/firmware/test_operator_table.py reads these lines.
#define CUTPOINT_OPERATORS(X)                                                                  \
  X(ABS, ABS, Abs, NONE, 1, 1, 1)                                                              \
  X(ADD, ADD, Add, AddOptions, 2, 2, 1)                                                        \
  X(ARG_MAX, ARG_MAX, ArgMax, NONE, 2, 2, 1)                                                   \
  X(ARG_MIN, ARG_MIN, ArgMin, NONE, 2, 2, 1)                                                   \
  X(AVERAGE_POOL_2D, AVERAGE_POOL_2D, Pool, Pool2DOptions, 1, 1, 1)                            \
  X(BATCH_MATMUL, BATCH_MATMUL, BatchMatMul, BatchMatMulOptions, 2, 2, 1)                      \
  X(BATCH_TO_SPACE_ND, BATCH_TO_SPACE_ND, BatchToSpaceNd, NONE, 3, 3, 1)                       \
  X(CAST, CAST, Cast, NONE, 1, 1, 1)                                                           \
  X(CONCATENATION, CONCATENATION, Concatenation, ConcatenationOptions, 1, 10, 1)               \
  X(CONV_2D, CONV_2D, Conv2D, Conv2DOptions, 2, 3, 1)                                          \
  X(DEPTH_TO_SPACE, DEPTH_TO_SPACE, DepthToSpace, DepthToSpaceOptions, 1, 1, 1)                \
  X(DEPTHWISE_CONV_2D, DEPTHWISE_CONV_2D, DepthwiseConv2D, DepthwiseConv2DOptions, 2, 3, 1)    \
  X(DEQUANTIZE, DEQUANTIZE, Dequantize, NONE, 1, 1, 1)                                         \
  X(ELU, ELU, Elu, NONE, 1, 1, 1)                                                              \
  X(EXPAND_DIMS, EXPAND_DIMS, ExpandDims, NONE, 2, 2, 1)                                       \
  X(FULLY_CONNECTED, FULLY_CONNECTED, FullyConnected, FullyConnectedOptions, 2, 3, 1)          \
  X(HARD_SWISH, HARD_SWISH, HardSwish, NONE, 1, 1, 1)                                          \
  X(L2_NORMALIZATION, L2_NORMALIZATION, L2Normalization, L2NormOptions, 1, 1, 1)               \
  X(LEAKY_RELU, LEAKY_RELU, LeakyRelu, LeakyReluOptions, 1, 1, 1)                              \
  X(LOGISTIC, LOGISTIC, Logistic, NONE, 1, 1, 1)                                               \
  X(MAX_POOL_2D, MAX_POOL_2D, Pool, Pool2DOptions, 1, 1, 1)                                    \
  X(MAXIMUM, MAXIMUM, Maximum, NONE, 2, 2, 1)                                                  \
  X(MEAN, MEAN, Reducer, ReducerOptions, 2, 2, 1)                                              \
  X(MINIMUM, MINIMUM, Minimum, NONE, 2, 2, 1)                                                  \
  X(MIRROR_PAD, MIRROR_PAD, MirrorPad, MirrorPadOptions, 2, 2, 1)                              \
  X(MUL, MUL, Mul, MulOptions, 2, 2, 1)                                                        \
  X(NEG, NEG, Neg, NONE, 1, 1, 1)                                                              \
  X(PACK, PACK, Pack, PackOptions, 1, kAny, 1)                                                 \
  X(PAD, PAD, Pad, NONE, 2, 2, 1)                                                              \
  X(PADV2, PADV2, PadV2, NONE, 3, 3, 1)                                                        \
  X(PRELU, PRELU, Prelu, NONE, 2, 2, 1)                                                        \
  X(QUANTIZE, QUANTIZE, Quantize, NONE, 1, 1, 1)                                               \
  X(REDUCE_MAX, REDUCE_MAX, Reducer, ReducerOptions, 2, 2, 1)                                  \
  X(RELU, RELU, Relu, NONE, 1, 1, 1)                                                           \
  X(RELU6, RELU6, Relu6, NONE, 1, 1, 1)                                                        \
  X(RESHAPE, RESHAPE, Reshape, NONE, 1, 2, 1)                                                  \
  X(RESIZE_BILINEAR, RESIZE_BILINEAR, ResizeBilinear, ResizeBilinearOptions, 2, 2, 1)          \
  X(RESIZE_NEAREST_NEIGHBOR, RESIZE_NEAREST_NEIGHBOR, ResizeNearestNeighbor,                   \
    ResizeNearestNeighborOptions, 2, 2, 1)                                                     \
  X(SLICE, SLICE, Slice, NONE, 3, 3, 1)                                                        \
  X(SOFTMAX, SOFTMAX, Softmax, SoftmaxOptions, 1, 1, 1)                                        \
  X(SPACE_TO_BATCH_ND, SPACE_TO_BATCH_ND, SpaceToBatchNd, NONE, 3, 3, 1)                       \
  X(SPACE_TO_DEPTH, SPACE_TO_DEPTH, SpaceToDepth, SpaceToDepthOptions, 1, 1, 1)                \
  X(SPLIT, SPLIT, Split, SplitOptions, 2, 2, kAny)                                             \
  X(SPLIT_V, SPLIT_V, SplitV, SplitVOptions, 3, 3, kAny)                                       \
  X(SQUEEZE, SQUEEZE, Squeeze, NONE, 1, 1, 1)                                                  \
  X(STRIDED_SLICE, STRIDED_SLICE, StridedSlice, StridedSliceOptions, 4, 4, 1)                  \
  X(SUB, SUB, Sub, SubOptions, 2, 2, 1)                                                        \
  X(SUM, SUM, Reducer, ReducerOptions, 2, 2, 1)                                                \
  X(TANH, TANH, Tanh, NONE, 1, 1, 1)                                                           \
  X(TRANSPOSE, TRANSPOSE, Transpose, NONE, 2, 2, 1)                                            \
  X(TRANSPOSE_CONV, TRANSPOSE_CONV, TransposeConv, TransposeConvOptions, 3, 4, 1)              \
  X(UNPACK, UNPACK, Unpack, UnpackOptions, 1, 1, kAny)

#define CUTPOINT_ENTRY(code, registration, parser, options, least, most, outputs)             \
  {tflite::BuiltinOperator_##code, [] { return TFLMRegistration(tflite::Register_##registration()); }, \
   tflite::Parse##parser, tflite::BuiltinOptions_##options, least, most, outputs},

const OperatorEntry kOperators[] = {CUTPOINT_OPERATORS(CUTPOINT_ENTRY)};

}  // namespace

const OperatorEntry* find_operator(tflite::BuiltinOperator code) {
  for (const OperatorEntry& entry : kOperators) {
    if (entry.code == code) {
      return &entry;
    }
  }
  return nullptr;
}

size_t operator_count() { return sizeof kOperators / sizeof kOperators[0]; }

}  // namespace tflm
}  // namespace cutpoint
