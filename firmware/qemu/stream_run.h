// The Stream engine on bare metal: a linked plan and a linked picture, every cut, what it takes.
#ifndef CUTPOINT_QEMU_STREAM_RUN_H_
#define CUTPOINT_QEMU_STREAM_RUN_H_

#include "span.h"
#include "stream/kernel.h"

namespace cutpoint {
namespace qemu {

// Exit codes of the programs; any other but 0 is the machine's.
constexpr int kPlanRefused = 1;
constexpr int kNoRoom = 2;
constexpr int kRunFailed = 3;
constexpr int kOverrun = 4;

// Checks the plan, runs the head of every cut and goes on from it to the end, with the block painted before and
// nothing but that cut's bytes of it given, and says what came out. picture: the network's inputs, one after the other.
// Gives an exit code.
//
//   plan       operators of the plan, tensors, bytes of the plan and of the engine object
//   cut        hash: CRC-32 over the live tensors in their order; bytes: theirs; head, block: bytes of memory
//   resumed    the same cut: hash of the outputs when the engine went on from there
//   fed        hash of the outputs when the picture came line by line; picture: bytes that held it. Not said where
//              the picture is one of the outputs
//   operator   of the whole network: instructions in the kernel of each, units
//   whole      of the whole network: instructions, those of the schedule included
//   stack      its deepest, of any of these runs
int run_plan(Bytes plan, Bytes picture, stream::KernelOf kernels);

}  // namespace qemu
}  // namespace cutpoint

#endif  // CUTPOINT_QEMU_STREAM_RUN_H_
