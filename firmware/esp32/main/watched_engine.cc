#include "watched_engine.h"

#include "board/watchdog.h"
#include "esp_timer.h"

namespace cutpoint::esp32 {
namespace {

constexpr uint32_t kLinesAFeeding = 64;

}  // namespace

bool WatchedEngine::run(uint16_t first, uint16_t last, Span<uint32_t> us) {
  Engine& engine = runner_.engine();
  if (engine.lines() != nullptr) {
    return run_lines(first, last, us);
  }
  const bool ok = engine.run(first, last, us);
  for (size_t i = 0; ok && i < us.size(); ++i) {
    spent_us_ += us[i];
  }
  return ok;
}

// What Engine::run would do, but a network in one run takes longer than any single operator.
bool WatchedEngine::run_lines(uint16_t first, uint16_t last, Span<uint32_t> us) {
  if (!begin(first, last)) {
    return false;
  }
  Step step = Step::kMore;
  for (uint32_t line = 0; step == Step::kMore; ++line) {
    step = advance();
    if (line % kLinesAFeeding == 0) {
      feed_watchdog();
    }
  }
  operators_us(us);
  return step == Step::kDone;
}

Step WatchedEngine::advance() {
  const int64_t began = esp_timer_get_time();
  const Step step = inner().advance();
  spent_us_ += static_cast<uint32_t>(esp_timer_get_time() - began);
  // An inference begins when its picture is there: a line that has not come by then does not come at all.
  return step == Step::kWaiting ? Step::kFailed : step;
}

bool WatchedEngine::live(uint16_t cut, Span<TensorView> tensors, size_t& count) {
  const bool ok = runner_.engine().live(cut, tensors, count);
  if (ok && cut == 0 && count == 1) {
    tensors[0].jpeg = input_.jpeg();
  }
  return ok;
}

}  // namespace cutpoint::esp32
