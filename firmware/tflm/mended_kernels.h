// Kernels of esp-tflite-micro that compute something else than TFLM's own on a PC, put right.
#ifndef CUTPOINT_TFLM_MENDED_KERNELS_H_
#define CUTPOINT_TFLM_MENDED_KERNELS_H_

#include "tensorflow/lite/micro/micro_common.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace cutpoint {
namespace tflm {

// `own`, the registration of operator `code`, or one that stands before it:
// - FULLY_CONNECTED of 16-bit inputs: esp-tflite-micro's kernel, with ESP-NN or without, takes one scale and 64-bit
//   biases for granted. With a scale a channel it multiplies by a number that nobody wrote.
// - SPACE_TO_BATCH_ND: TFLM never writes the value that it pads with.
TFLMRegistration mended(tflite::BuiltinOperator code, TFLMRegistration own);

}  // namespace tflm
}  // namespace cutpoint

#endif  // CUTPOINT_TFLM_MENDED_KERNELS_H_
