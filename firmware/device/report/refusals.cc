#include "refusals.h"

namespace cutpoint::device {
namespace {

void add(uint32_t count, const char* what, Sentence& text) {
  if (count != 0) {
    text.add(text.empty() ? "Not taken: " : "; ").add(count).add(what);
  }
}

}  // namespace

bool RefusalTeller::tell(const RefusalCounts& now, uint64_t now_us, uint32_t most_bytes, Sentence& text) {
  text.clear();
  if (any_ && now_us - told_us_ < kRefusalsUs) {
    return false;
  }
  add(now.retained - told_.retained, " retained (publish commands without retain, and clear what is kept)", text);
  if (now.oversized != told_.oversized) {
    add(now.oversized - told_.oversized, " of more than ", text);
    text.add(most_bytes).add(" bytes");
  }
  add(now.unreadable - told_.unreadable, " unreadable (damaged, of another life, model or key)", text);
  add(now.unsupported - told_.unsupported, " unknown commands", text);
  add(now.full - told_.full, " that came too fast", text);
  if (text.empty()) {
    return false;
  }
  text.add(".");
  told_ = now;
  told_us_ = now_us;
  any_ = true;
  return true;
}

}  // namespace cutpoint::device
