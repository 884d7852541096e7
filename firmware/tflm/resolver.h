// Hands TFLM its own kernels, each wrapped so that only the operators of a range are computed.
#ifndef CUTPOINT_TFLM_RESOLVER_H_
#define CUTPOINT_TFLM_RESOLVER_H_

#include <stddef.h>
#include <stdint.h>

#include "../core/span.h"
#include "operators.h"
#include "tensorflow/lite/micro/compatibility.h"
#include "tensorflow/lite/micro/micro_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace cutpoint {
namespace tflm {

class MeasuredArena;

// A wrapper counts the operators of an invocation, answers "done" without computing for those before the range, times
// the kernel alone, and ends the invocation after the range. The arena stays untouched between invocations.
class Resolver : public tflite::MicroOpResolver {
 public:
  // A kernel as TFLM made it, and the registration that TFLM is given instead.
  struct Kernel {
    const OperatorEntry* entry;
    TFLMRegistration own;
    TFLMRegistration wrapped;
  };

  // Memory that begin() takes, aligned for pointers.
  static size_t table_bytes(const tflite::Model& model);

  // `model` has passed check_model(); `memory` and `arena` must stay as long as the resolver is used.
  void begin(const tflite::Model& model, uint8_t* memory, MeasuredArena& arena);

  // The kernel of operator `index` of the model.
  const Kernel& kernel(uint16_t index) const { return kernels_[kernel_of_[index]]; }

  const TFLMRegistration* FindOp(tflite::BuiltinOperator code) const override;
  const TFLMRegistration* FindOp(const char* custom) const override;
  tflite::TfLiteBridgeBuiltinParseFunction GetOpDataParser(tflite::BuiltinOperator code) const override;

  TF_LITE_REMOVE_VIRTUAL_DELETE

 private:
  Span<Kernel> kernels_;
  Span<uint8_t> kernel_of_;
  MeasuredArena* arena_ = nullptr;
};

}  // namespace tflm
}  // namespace cutpoint

#endif  // CUTPOINT_TFLM_RESOLVER_H_
