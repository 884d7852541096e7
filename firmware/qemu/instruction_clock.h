// The core's clock, counting instructions: what an engine calls microseconds are instructions here.
#ifndef CUTPOINT_QEMU_INSTRUCTION_CLOCK_H_
#define CUTPOINT_QEMU_INSTRUCTION_CLOCK_H_

#include <stdint.h>

#include "clock.h"
#include "machine.h"

namespace cutpoint {
namespace qemu {

// Instructions of the program without those of the readings. What a reading takes is the same every time, and is
// measured when the clock is made.
class InstructionClock final : public Clock {
 public:
  InstructionClock() {
    const uint64_t first = now_us();
    price_ = now_us() - first;
  }

  // Never inlined: the constructor has to measure the call that everybody makes.
  __attribute__((noinline)) uint64_t now_us() override {
    taken_ += price_;
    return instructions() - taken_;
  }

 private:
  uint64_t price_ = 0;
  uint64_t taken_ = 0;
};

}  // namespace qemu
}  // namespace cutpoint

#endif  // CUTPOINT_QEMU_INSTRUCTION_CLOCK_H_
