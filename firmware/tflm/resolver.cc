#include "resolver.h"

#include "arena.h"
#include "mended_kernels.h"
#include "run_range.h"
#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/micro/micro_context.h"
#include "tensorflow/lite/schema/schema_utils.h"

namespace cutpoint {
namespace tflm {
namespace {

// Most that the options of an operator take, that a kernel takes in `init`, and in `prepare` beside what grows with its
// channels. Parsers and kernels write into what they were given without looking, so the room is made sure of first.
constexpr size_t kParseRoom = 128;
constexpr size_t kInitRoom = 384;
constexpr size_t kPrepareRoom = 1024;
constexpr size_t kTableRoom = 2304;     // the two tables of a 16-bit softmax
constexpr size_t kRoomPerChannel = 16;  // multiplier and shift to keep, zero points of two tensors for the moment

RunRange& range_of(TfLiteContext* context) {
  return *static_cast<RunRange*>(tflite::GetMicroContext(context)->external_context());
}

void* wrapped_init(TfLiteContext* context, const char* buffer, size_t length) {
  RunRange& range = range_of(context);
  const TFLMRegistration& own = range.resolver->kernel(range.next++).own;
  if (own.init == nullptr || !range.arena->has_room(kInitRoom)) {
    return nullptr;  // `prepare` asks again, and says so
  }
  return own.init(context, buffer, length);
}

size_t prepare_room(TfLiteContext* context, const TfLiteNode* node) {
  size_t room = kPrepareRoom;
  for (const TfLiteIntArray* tensors : {node->inputs, node->outputs}) {
    for (int place = 0; place < tensors->size; place++) {
      if (tensors->data[place] < 0) {
        continue;
      }
      const TfLiteEvalTensor* tensor = tflite::GetMicroContext(context)->GetEvalTensor(tensors->data[place]);
      room += tensor->type == kTfLiteInt16 ? kTableRoom : 0;
      room += sizeof(TfLiteTensor);
      // A kernel's channels are the first or the last dimension of its weights.
      const TfLiteIntArray* dims = tensor->dims;
      if (tensor->data.data != nullptr && dims->size > 0) {
        const int most = dims->data[0] > dims->data[dims->size - 1] ? dims->data[0] : dims->data[dims->size - 1];
        room += kRoomPerChannel * static_cast<size_t>(most);
      }
    }
  }
  return room;
}

TfLiteStatus wrapped_prepare(TfLiteContext* context, TfLiteNode* node) {
  RunRange& range = range_of(context);
  if (!range.preparing) {
    range.preparing = true;
    range.next = 0;
  }
  const TFLMRegistration& own = range.resolver->kernel(range.next).own;
  if (range.arena->starved() || !range.arena->has_room(prepare_room(context, node))) {
    return kTfLiteError;
  }
  const TfLiteStatus status = own.prepare == nullptr ? kTfLiteOk : own.prepare(context, node);
  if (status == kTfLiteOk) {
    range.next++;
  }
  return status;
}

TfLiteStatus wrapped_invoke(TfLiteContext* context, TfLiteNode* node) {
  RunRange& range = range_of(context);
  const uint16_t index = range.next++;
  if (index < range.first) {
    return kTfLiteOk;
  }
  if (index >= range.last) {
    return tflite::kTfLiteAbort;  // the one status that TFLM does not log
  }
  const TFLMRegistration& own = range.resolver->kernel(index).own;
  const uint64_t before = range.now_us();
  const TfLiteStatus status = own.invoke(context, node);
  const uint64_t taken = range.now_us() - before;
  range.operators_us[static_cast<size_t>(index - range.first)] =
      taken < UINT32_MAX ? static_cast<uint32_t>(taken) : UINT32_MAX;
  range.failed = range.failed || status != kTfLiteOk;
  return status;
}

size_t align_pointer(size_t bytes) { return (bytes + alignof(void*) - 1) / alignof(void*) * alignof(void*); }

}  // namespace

size_t Resolver::table_bytes(const tflite::Model& model) {
  const auto* operators = (*model.subgraphs())[0]->operators();
  const auto* codes = model.operator_codes();
  const size_t kernels = codes == nullptr ? 0 : codes->size();
  return align_pointer(kernels * sizeof(Kernel) + (operators == nullptr ? 0 : operators->size()));
}

void Resolver::begin(const tflite::Model& model, uint8_t* memory, MeasuredArena& arena) {
  arena_ = &arena;
  const auto* operators = (*model.subgraphs())[0]->operators();
  const auto* codes = model.operator_codes();
  kernels_ = Span<Kernel>(reinterpret_cast<Kernel*>(memory), codes == nullptr ? 0 : codes->size());
  kernel_of_ = MutableBytes(memory + kernels_.size() * sizeof(Kernel), operators == nullptr ? 0 : operators->size());
  for (size_t i = 0; i < kernels_.size(); i++) {
    const OperatorEntry* entry = find_operator(tflite::GetBuiltinCode((*codes)[static_cast<uint32_t>(i)]));
    const TFLMRegistration own = mended(entry->code, entry->make());
    const TFLMRegistration wrapped = {wrapped_init, own.free,   wrapped_prepare, wrapped_invoke,
                                      own.reset,    entry->code, nullptr};
    kernels_[i] = Kernel{entry, own, wrapped};
  }
  for (size_t i = 0; i < kernel_of_.size(); i++) {
    kernel_of_[i] = static_cast<uint8_t>((*operators)[static_cast<uint32_t>(i)]->opcode_index());
  }
}

const TFLMRegistration* Resolver::FindOp(tflite::BuiltinOperator code) const {
  for (const Kernel& kernel : kernels_) {
    if (kernel.entry->code == code) {
      return &kernel.wrapped;
    }
  }
  return nullptr;
}

const TFLMRegistration* Resolver::FindOp(const char*) const { return nullptr; }

tflite::TfLiteBridgeBuiltinParseFunction Resolver::GetOpDataParser(tflite::BuiltinOperator code) const {
  const OperatorEntry* entry = find_operator(code);
  return entry == nullptr || !arena_->has_room(kParseRoom) ? nullptr : entry->parse;
}

}  // namespace tflm
}  // namespace cutpoint
