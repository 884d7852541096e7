#include "stack_mark.h"

// Symbols whose addresses are values: where the stack begins, growing downwards, and how much of it may be used.
extern "C" uint8_t __stack[];       // of the linker scripts
extern "C" uint8_t __stack_size[];  // host_tools/qemu/program.py

namespace cutpoint {
namespace qemu {
namespace {

constexpr uint8_t kColour = 0xA5;

uint8_t* lowest() { return __stack - reinterpret_cast<uintptr_t>(__stack_size); }

}  // namespace

// Called, not inlined: its own frame lies below that of its caller, which is where it stops painting. No interrupt
// can need the memory below the stack pointer, and neither ABI has a red zone.
__attribute__((noinline)) StackMark::StackMark() : top_(static_cast<const uint8_t*>(__builtin_frame_address(0))) {
  // Through a volatile pointer, so that no call of memset is made, whose frame would be painted over.
  const uint8_t* const own = static_cast<const uint8_t*>(__builtin_frame_address(0)) - 64;
  for (volatile uint8_t* byte = lowest(); byte < own; ++byte) {
    *byte = kColour;
  }
}

size_t StackMark::deepest_bytes() const {
  const uint8_t* byte = lowest();
  while (byte < top_ && *byte == kColour) {
    ++byte;
  }
  return static_cast<size_t>(top_ - byte);
}

}  // namespace qemu
}  // namespace cutpoint
