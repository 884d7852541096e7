// Files linked into a program by whoever builds it (host_tools/qemu/program.py), 16-byte aligned, in read-only memory.
#ifndef CUTPOINT_QEMU_LINKED_H_
#define CUTPOINT_QEMU_LINKED_H_

#include <stddef.h>
#include <stdint.h>

#include "span.h"

// Declares `Bytes linked_NAME()`, the file that was given as NAME. Used at namespace scope.
#define CUTPOINT_LINKED(name)                                                           \
  extern "C" const uint8_t linked_##name##_begin[];                                     \
  extern "C" const uint8_t linked_##name##_end[];                                       \
  static inline cutpoint::Bytes linked_##name() {                                       \
    return cutpoint::Bytes(linked_##name##_begin,                                       \
                           static_cast<size_t>(linked_##name##_end - linked_##name##_begin)); \
  }

#endif  // CUTPOINT_QEMU_LINKED_H_
