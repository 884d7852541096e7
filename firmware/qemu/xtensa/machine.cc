// The machine `sim` of qemu-system-xtensa, with the processor lx106. It plays the Xtensa simulator of Cadence: the
// instruction simcall asks the host, with the number of the call in a2 and its arguments from a3 on.
#include "../machine.h"

#include <stddef.h>

namespace cutpoint {
namespace qemu {
namespace {

constexpr int kExit = 1;
constexpr int kWrite = 4;
constexpr int kStandardOutput = 1;
constexpr int kException = 70;  // the exit code of a program that went wrong in the machine's eyes

// QEMU computes ccount from the virtual time at 40 MHz, and -icount shift=7 lets an instruction take 128 ns: 5.12
// cycles. From which part of a cycle it started differs from run to run, so the difference of two readings is 5.12 for
// each instruction, give or take one: to the nearest instruction it is exact.
constexpr uint64_t kCyclesPerHundred = 512;

int simcall(int call, int a, const void* b, size_t c) {
  register int number asm("a2") = call;
  register int first asm("a3") = a;
  register const void* second asm("a4") = b;
  register size_t third asm("a5") = c;
  asm volatile("simcall" : "+r"(number), "+r"(first) : "r"(second), "r"(third) : "memory");
  return number;
}

size_t length(const char* text) {
  size_t count = 0;
  while (text[count] != 0) {
    ++count;
  }
  return count;
}

void say_hex(uint32_t value) {
  char digits[9] = {};
  for (unsigned at = 0; at < 8; ++at) {
    digits[at] = "0123456789abcdef"[value >> (28 - 4 * at) & 15u];
  }
  say(digits);
}

uint32_t cycles() {
  uint32_t now;
  asm volatile("rsr %0, ccount" : "=r"(now));
  return now;
}

}  // namespace

void say(const char* text) { simcall(kWrite, kStandardOutput, text, length(text)); }

void stop(int code) {
  for (;;) {
    simcall(kExit, code, nullptr, 0);
  }
}

// ccount has 32 bits and comes round every 838 million instructions: whoever measures reads it more often than that.
uint64_t instructions() {
  static uint64_t total = 0;
  static uint32_t last = 0;
  const uint32_t now = cycles();
  total += (static_cast<uint64_t>(now - last) * 100 + kCyclesPerHundred / 2) / kCyclesPerHundred;
  last = now;
  return total;
}

}  // namespace qemu
}  // namespace cutpoint

// What start.S calls.
extern "C" {

[[noreturn]] void machine_stop(int code) { cutpoint::qemu::stop(code); }

// The cause by its number in the instruction set's manual; 64: a `break`, which is what __builtin_trap becomes.
[[noreturn]] void machine_exception(uint32_t cause, uint32_t place, uint32_t address) {
  using namespace cutpoint::qemu;
  say("exception cause=0x");
  say_hex(cause);
  say(" pc=0x");
  say_hex(place);
  say(" address=0x");
  say_hex(address);
  say("\n");
  stop(kException);
}

}  // extern "C"
