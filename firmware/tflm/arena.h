// TFLM's arena, which keeps count of what is asked of it, so that a refusal can say how much is missing.
#ifndef CUTPOINT_TFLM_ARENA_H_
#define CUTPOINT_TFLM_ARENA_H_

#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/micro/arena_allocator/single_arena_buffer_allocator.h"
#include "tensorflow/lite/micro/compatibility.h"

namespace cutpoint {
namespace tflm {

constexpr size_t kArenaAlignment = 16;  // MicroArenaBufferAlignment()

constexpr size_t align_up(size_t bytes) { return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment; }

// Activations are only planned while a model is prepared, not written. So when they do not fit, planning goes on as if
// they did: afterwards needed() is known, and a model that overflowed() must not run.
class MeasuredArena : public tflite::SingleArenaBufferAllocator {
 public:
  MeasuredArena() : tflite::SingleArenaBufferAllocator(nullptr, size_t{0}) {}
  // `memory` begins at a multiple of 16, `bytes` is one.
  MeasuredArena(uint8_t* memory, size_t bytes) : tflite::SingleArenaBufferAllocator(memory, bytes), bytes_(bytes) {}

  TfLiteStatus ResizeBuffer(uint8_t* buffer, size_t size, size_t alignment) override;
  TfLiteStatus ReserveNonPersistentOverlayMemory(size_t size, size_t alignment) override;
  uint8_t* AllocatePersistentBuffer(size_t size, size_t alignment) override;
  uint8_t* AllocateTemp(size_t size, size_t alignment) override;

  // Whether `bytes` more are there now; counted as needed either way. For kernels that do not look what they got.
  bool has_room(size_t bytes);

  // Bytes that the planner had for its own tables, and says that it needed.
  void planner_took(size_t bytes);
  bool planner_asked() const { return planner_asked_; }

  // Most that was in use or asked for at any time. Exact once everything was prepared; a lower bound when starved().
  size_t needed() const { return needed_; }
  bool overflowed() const { return overflowed_; }
  bool starved() const { return starved_; }

  TF_LITE_REMOVE_VIRTUAL_DELETE

 private:
  void note(size_t bytes) { needed_ = bytes > needed_ ? bytes : needed_; }

  size_t bytes_ = 0;
  size_t needed_ = 0;
  size_t planned_ = 0;           // activations
  size_t before_planner_ = 0;
  size_t planner_had_ = 0;
  bool planner_asked_ = false;
  bool overflowed_ = false;
  bool starved_ = false;
};

}  // namespace tflm
}  // namespace cutpoint

#endif  // CUTPOINT_TFLM_ARENA_H_
