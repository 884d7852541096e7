#include "engine.h"

#include <new>

#include "../core/bytes.h"
#include "model_check.h"
#include "refusal.h"
#include "tensor_bytes.h"
#include "tensorflow/lite/micro/micro_allocator.h"
#include "tensorflow/lite/micro/system_setup.h"

namespace cutpoint {
namespace tflm {
namespace {

unsigned shown(size_t bytes) { return static_cast<unsigned>(bytes); }

bool arena_too_small(LoadResult& result, size_t arena_bytes) {
  return refuse(result, LoadError::kArena, "The arena has %u bytes, the model needs %s%u: %u are missing.",
                shown(arena_bytes), result.needed_is_exact ? "" : "at least ", shown(result.needed_bytes),
                shown(result.needed_bytes - arena_bytes));
}

// Live tensors travel, so each must be of a type that the wire knows.
bool check_types(const Lifetimes& lifetimes, const tflite::Model& model, LoadResult& result) {
  const auto* tensors = (*model.subgraphs())[0]->tensors();
  for (uint32_t i = 0; i < tensors->size(); i++) {
    DType dtype = DType::kInt8;
    if (lifetimes.crosses_a_cut(static_cast<uint16_t>(i)) && !travelling_type((*tensors)[i]->type(), dtype)) {
      return refuse(result, LoadError::kUnsupported, "Tensor %u has the type %s, which cannot travel.",
                    static_cast<unsigned>(i), tflite::EnumNameTensorType((*tensors)[i]->type()));
    }
  }
  return true;
}

}  // namespace

LoadResult TflmEngine::load(Bytes file, MutableBytes arena, NowUs now_us) {
  unload();
  LoadResult result;
  const tflite::Model* model = check_model(file, result);
  if (model == nullptr) {
    return result;
  }
  // Aligned at both ends; what is cut off here is less than 32 bytes.
  const size_t skew = align_up(reinterpret_cast<uintptr_t>(arena.data())) - reinterpret_cast<uintptr_t>(arena.data());
  const size_t usable = arena.size() < skew ? 0 : (arena.size() - skew) / kArenaAlignment * kArenaAlignment;
  const size_t lives = align_up(Lifetimes::table_bytes(*model));
  const size_t tables = lives + align_up(Resolver::table_bytes(*model));
  // Before it looks at what it gets, TFLM takes this much for itself.
  const size_t least = tables + tflite::MicroAllocator::GetDefaultTailUsage(/*is_memory_planner_given=*/true) +
                       8 * kArenaAlignment;
  if (usable < least) {
    result.needed_bytes = least > arena.size() ? least : arena.size() + kArenaAlignment;
    arena_too_small(result, arena.size());
    return result;
  }
  uint8_t* const memory = arena.data() + skew;
  lifetimes_.begin(*model, memory);
  resolver_.begin(*model, memory + lives, arena_);
  if (!check_types(lifetimes_, *model, result)) {
    return result;
  }
  prepare(*model, MutableBytes(memory + tables, usable - tables), now_us, result);
  result.needed_bytes += tables;
  if (result.error == LoadError::kArena) {
    if (result.needed_bytes <= arena.size()) {
      result.needed_bytes = arena.size() + kArenaAlignment;
    }
    arena_too_small(result, arena.size());
  }
  if (!result.ok()) {
    unload();
    return result;
  }
  needed_bytes_ = result.needed_bytes;
  reached_ = 0;
  has_values_ = true;
  return result;
}

void TflmEngine::prepare(const tflite::Model& model, MutableBytes arena, NowUs now_us, LoadResult& result) {
  tflite::InitializeTarget();
  // An interpreter that is let go of half prepared reads registrations that it never wrote.
  fill_bytes(arena.data(), 0, arena.size());
  arena_.~MeasuredArena();
  new (&arena_) MeasuredArena(arena.data(), arena.size());
  planner_.~GreedyMemoryPlanner();
  new (&planner_) tflite::GreedyMemoryPlanner();
  range_ = RunRange{};
  range_.resolver = &resolver_;
  range_.arena = &arena_;
  range_.now_us = now_us;

  tflite::MicroAllocator* allocator = tflite::MicroAllocator::Create(&arena_, &planner_);
  interpreter_ = new (interpreter_memory_) Interpreter(&model, resolver_, allocator);
  interpreter_->SetMicroExternalContext(&range_);
  const TfLiteStatus status = interpreter_->AllocateTensors();
  if (arena_.planner_asked()) {
    // A buffer that found no room in its tables was not counted.
    const size_t buffers = static_cast<size_t>(planner_.GetBufferCount()) + (status == kTfLiteOk ? 0 : 1);
    arena_.planner_took(buffers * tflite::GreedyMemoryPlanner::per_buffer_size());
  }
  result.needed_bytes = align_up(arena_.needed());
  result.needed_is_exact = status == kTfLiteOk;
  const uint16_t index = range_.preparing ? range_.next : 0;
  const auto* operators = (*model.subgraphs())[0]->operators();
  // After the last operator only planning is left, and that fails for want of room.
  const bool at_operator = operators != nullptr && index < operators->size();
  if (status != kTfLiteOk && !arena_.starved() && at_operator) {
    name_operator(result, tflite::EnumNameBuiltinOperator(resolver_.kernel(index).entry->code));
    refuse(result, LoadError::kRefused, "TFLM refuses operator %u (%s): its types, shapes or options.",
           static_cast<unsigned>(index), result.operator_name);
  } else if (status != kTfLiteOk || arena_.overflowed() || result.needed_bytes > arena.size()) {
    result.error = LoadError::kArena;
  }
}

void TflmEngine::unload() {
  if (interpreter_ != nullptr) {
    interpreter_->~Interpreter();
    interpreter_ = nullptr;
  }
  has_values_ = false;
}

bool TflmEngine::run(uint16_t first, uint16_t last, Span<uint32_t> operators_us) {
  if (!loaded() || first > last || last > operators() || operators_us.size() < static_cast<size_t>(last - first) ||
      (first != 0 && (!has_values_ || first != reached_))) {
    return false;
  }
  reached_ = first;
  has_values_ = true;
  if (first == last) {
    return true;
  }
  range_.first = first;
  range_.last = last;
  range_.next = 0;
  range_.operators_us = operators_us;
  range_.failed = false;
  const TfLiteStatus status = interpreter_->Invoke();
  // An invocation that ended early on purpose says kTfLiteAbort.
  has_values_ = !range_.failed && (status == kTfLiteOk || status == tflite::kTfLiteAbort) && range_.next >= last;
  reached_ = last;
  return has_values_;
}

bool TflmEngine::live(uint16_t cut, Span<TensorView> tensors, size_t& count) {
  count = 0;
  if (!loaded() || !has_values_ || cut != reached_) {
    return false;
  }
  size_t alive = 0;
  lifetimes_.alive(cut, [&](uint16_t tensor) {
    if (alive < tensors.size()) {
      view(tensor, tensors[alive]);
    }
    alive++;
  });
  if (alive > tensors.size()) {
    return false;
  }
  count = alive;
  return true;
}

MutableBytes TflmEngine::input(size_t index) {
  if (index >= inputs()) {
    return MutableBytes();
  }
  const uint16_t tensor = lifetimes_.input(index);
  TensorView view{};
  this->view(tensor, view);
  return MutableBytes(static_cast<uint8_t*>(interpreter_->tensor(tensor)->data.data), view.data.size());
}

void TflmEngine::view(uint16_t index, TensorView& view) const {
  const tflite::Tensor& tensor = lifetimes_.tensor(index);
  size_t bytes = 0;
  tensor_bytes(tensor, bytes);
  view.index = index;
  view.data = Bytes(static_cast<const uint8_t*>(interpreter_->tensor(index)->data.data), bytes);
  travelling_type(tensor.type(), view.dtype);
  const tflite::QuantizationParameters* quantisation = tensor.quantization();
  const bool one_zero_point = quantisation != nullptr && count_of(quantisation->scale()) == 1 &&
                              count_of(quantisation->zero_point()) == 1 && view.dtype != DType::kFloat32;
  view.fill = one_zero_point ? quantisation->zero_point()->Get(0) : 0;
}

}  // namespace tflm
}  // namespace cutpoint
