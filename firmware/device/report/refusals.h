// What came over the network and was not taken, told as a sentence now and then rather than once a message.
#ifndef CUTPOINT_DEVICE_REPORT_REFUSALS_H_
#define CUTPOINT_DEVICE_REPORT_REFUSALS_H_

#include <stdint.h>

#include "../sentence.h"

namespace cutpoint::device {

// Counted since boot; each may wrap.
struct RefusalCounts {
  uint32_t oversized = 0;    // longer than a frame may be
  uint32_t retained = 0;     // a broker's memory of a result or command, which must not be obeyed again
  uint32_t full = 0;         // no room in the queue
  uint32_t unreadable = 0;   // damaged, foreign, for another model or life, sealed with another key
  uint32_t unsupported = 0;  // commands that this firmware does not know
};

// A flood is worth one sentence in this time.
constexpr uint64_t kRefusalsUs = 30'000'000;

class RefusalTeller {
 public:
  // True, with the sentence, when there is something new and the last one was long enough ago. Times are microseconds
  // since boot. `most_bytes`: of a frame.
  bool tell(const RefusalCounts& now, uint64_t now_us, uint32_t most_bytes, Sentence& text);

 private:
  RefusalCounts told_;
  uint64_t told_us_ = 0;
  bool any_ = false;
};

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_REPORT_REFUSALS_H_
