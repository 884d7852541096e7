#include "arena.h"

namespace cutpoint {
namespace tflm {
namespace {

using Base = tflite::SingleArenaBufferAllocator;

}  // namespace

TfLiteStatus MeasuredArena::ResizeBuffer(uint8_t* buffer, size_t size, size_t alignment) {
  note(GetPersistentUsedBytes() + align_up(size));
  const TfLiteStatus status = Base::ResizeBuffer(buffer, size, alignment);
  starved_ = starved_ || status != kTfLiteOk;
  return status;
}

TfLiteStatus MeasuredArena::ReserveNonPersistentOverlayMemory(size_t size, size_t alignment) {
  planned_ = align_up(size);
  note(GetPersistentUsedBytes() + planned_);
  if (GetPersistentUsedBytes() + planned_ > bytes_) {
    overflowed_ = true;
    return kTfLiteOk;
  }
  return Base::ReserveNonPersistentOverlayMemory(size, alignment);
}

uint8_t* MeasuredArena::AllocatePersistentBuffer(size_t size, size_t alignment) {
  uint8_t* memory = Base::AllocatePersistentBuffer(size, alignment);
  if (memory == nullptr && planned_ != 0 && !overflowed_) {
    // Only the last few structures come after the activations: give their place up to learn the rest.
    overflowed_ = true;
    Base::ResizeBuffer(GetOverlayMemoryAddress(), 0, kArenaAlignment);
    memory = Base::AllocatePersistentBuffer(size, alignment);
  }
  if (memory == nullptr) {
    starved_ = true;
    note(GetUsedBytes() + size + alignment);
    return nullptr;
  }
  note(overflowed_ ? GetPersistentUsedBytes() + planned_ : GetUsedBytes());
  return memory;
}

uint8_t* MeasuredArena::AllocateTemp(size_t size, size_t alignment) {
  if (size == GetAvailableMemory(alignment) && alignment == kArenaAlignment) {
    // The memory planner asks for all there is; planner_took() says what it needed.
    before_planner_ = GetUsedBytes();
    planner_had_ = size;
    planner_asked_ = true;
    return Base::AllocateTemp(size, alignment);
  }
  uint8_t* const memory = Base::AllocateTemp(size, alignment);
  if (memory == nullptr) {
    starved_ = true;
    note(GetUsedBytes() + size + alignment);
    return nullptr;
  }
  note(GetUsedBytes());
  return memory;
}

bool MeasuredArena::has_room(size_t bytes) {
  note(GetUsedBytes() + bytes);
  const bool there = GetAvailableMemory(1) >= bytes;
  starved_ = starved_ || !there;
  return there;
}

void MeasuredArena::planner_took(size_t bytes) {
  // Both of its ends are rounded to the alignment.
  note(before_planner_ + bytes + 2 * kArenaAlignment);
  starved_ = starved_ || bytes > planner_had_;
}

}  // namespace tflm
}  // namespace cutpoint
