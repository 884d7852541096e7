// What a bare-metal program asks of the machine that QEMU plays. One machine.cc for each, in the folder of its name.
#ifndef CUTPOINT_QEMU_MACHINE_H_
#define CUTPOINT_QEMU_MACHINE_H_

#include <stdint.h>

namespace cutpoint {
namespace qemu {

// To QEMU's standard output or error, by semihosting: the guest traps, and the emulator writes.
void say(const char* text);

// Ends QEMU with this exit code.
[[noreturn]] void stop(int code);

// Instructions executed since the start. Exact and the same in every run under -icount; rv32/machine.cc and
// xtensa/machine.cc state how it is read. Reading costs a few instructions itself (instruction_clock.h takes them off).
uint64_t instructions();

}  // namespace qemu
}  // namespace cutpoint

#endif  // CUTPOINT_QEMU_MACHINE_H_
