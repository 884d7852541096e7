// The machine `virt` of qemu-system-riscv32. Start-up and semihosting are picolibc's (crt0-semihost, libsemihost).
#include "../machine.h"

#include <stdlib.h>

// picolibc 1.8's header does not say so itself.
extern "C" {
#include <semihost.h>
}

namespace cutpoint {
namespace qemu {
namespace {

// The privileged specification reads a 64-bit counter in halves: again, when the low one ran over between them.
// The assembler has to be told of the counter registers: they are an extension beside rv32imc (Zicsr).
uint64_t minstret() {
  uint32_t low;
  uint32_t high;
  uint32_t again;
  do {
    asm volatile(
        ".option push\n.option arch, +zicsr\n"
        "csrr %0, minstreth\ncsrr %1, minstret\ncsrr %2, minstreth\n"
        ".option pop"
        : "=r"(high), "=r"(low), "=r"(again));
  } while (high != again);
  return (static_cast<uint64_t>(high) << 32) | low;
}

}  // namespace

void say(const char* text) { sys_semihost_write0(text); }

void stop(int code) { exit(code); }

uint64_t instructions() { return minstret(); }

}  // namespace qemu
}  // namespace cutpoint
