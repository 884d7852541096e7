#include "inbox.h"

namespace cutpoint::esp32 {

bool Inbox::begin() {
  frames_ = xMessageBufferCreateStatic(sizeof storage_, storage_, &control_);
  return frames_ != nullptr;
}

void Inbox::put_frame(Bytes frame) {
  if (xMessageBufferSend(frames_, frame.data(), frame.size(), 0) != frame.size()) {
    full_.fetch_add(1, std::memory_order_relaxed);
  }
  wake();
}

void Inbox::set_connected(bool connected) {
  const uint32_t now = connection_.load(std::memory_order_relaxed);
  if ((now & 1u) != (connected ? 1u : 0u)) {
    connection_.store(now + 1, std::memory_order_release);
    wake();
  }
}

void Inbox::wake() {
  const TaskHandle_t reader = reader_.load();
  if (reader != nullptr) {
    xTaskNotifyGive(reader);
  }
}

size_t Inbox::take_frame(MutableBytes to) { return xMessageBufferReceive(frames_, to.data(), to.size(), 0); }

}  // namespace cutpoint::esp32
