// How deep the stack has been: it is painted below the caller, and looked at again afterwards.
#ifndef CUTPOINT_QEMU_STACK_MARK_H_
#define CUTPOINT_QEMU_STACK_MARK_H_

#include <stddef.h>
#include <stdint.h>

namespace cutpoint {
namespace qemu {

// Bytes below the frame of whoever made it that calls have written since. A frame whose last bytes were reserved and
// never written is seen up to its lowest written byte; one that happened to write the paint's colour is missed.
class StackMark {
 public:
  StackMark();

  size_t deepest_bytes() const;

 private:
  const uint8_t* top_;  // of what was painted
};

}  // namespace qemu
}  // namespace cutpoint

#endif  // CUTPOINT_QEMU_STACK_MARK_H_
