// Lines of a program's report: a name, then `key=number` words. host_tools/qemu/report.py reads them.
#ifndef CUTPOINT_QEMU_LINE_H_
#define CUTPOINT_QEMU_LINE_H_

#include <stdint.h>

namespace cutpoint {
namespace qemu {

// Said word by word; the line ends with the object.
class Line {
 public:
  explicit Line(const char* name);
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  Line& number(const char* key, uint64_t value);
  Line& hex(const char* key, uint32_t value);  // eight digits, behind 0x
};

}  // namespace qemu
}  // namespace cutpoint

#endif  // CUTPOINT_QEMU_LINE_H_
