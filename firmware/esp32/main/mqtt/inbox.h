// What the MQTT task hands to the device's task: frames in a bounded queue, and the state of the connection.
#ifndef CUTPOINT_ESP32_MQTT_INBOX_H_
#define CUTPOINT_ESP32_MQTT_INBOX_H_

#include <stddef.h>
#include <stdint.h>

#include <atomic>

#include "core/span.h"
#include "freertos/FreeRTOS.h"
#include "freertos/message_buffer.h"
#include "freertos/task.h"

namespace cutpoint::esp32 {

// The 24 KB of an update that a sender may be ahead of the last note (docs/protocol.md), each step with its frame. A frame
// that finds no room is dropped and counted: what comes is answered from a cache, retained or sent again, and the MQTT
// task must never wait for an inference.
constexpr size_t kInboxBytes = 26624;

struct InboxCounters {
  uint32_t full;       // frames dropped because the queue was full
  uint32_t oversized;  // larger than a frame may be
  uint32_t retained;   // kept by the broker, and no plan
};

// One writer, the MQTT task, and one reader, the device's.
class Inbox {
 public:
  bool begin();
  // Who is notified of everything that is put; may be null.
  void set_reader(TaskHandle_t reader) { reader_ = reader; }

  // Writer.
  void put_frame(Bytes frame);
  void count_oversized() { oversized_.fetch_add(1, std::memory_order_relaxed); }
  void count_retained() { retained_.fetch_add(1, std::memory_order_relaxed); }
  void set_connected(bool connected);
  void wake();

  // Reader. Bytes of the next frame, 0 when there is none.
  size_t take_frame(MutableBytes to);
  // Grows by one with every change: odd while there is a connection. Two steps at once are a lost and a new one.
  uint32_t connection() const { return connection_.load(std::memory_order_acquire); }
  InboxCounters counters() const { return {full_.load(), oversized_.load(), retained_.load()}; }

 private:
  MessageBufferHandle_t frames_ = nullptr;
  StaticMessageBuffer_t control_;
  uint8_t storage_[kInboxBytes];
  std::atomic<TaskHandle_t> reader_{nullptr};
  std::atomic<uint32_t> connection_{0};
  std::atomic<uint32_t> full_{0};
  std::atomic<uint32_t> oversized_{0};
  std::atomic<uint32_t> retained_{0};
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_MQTT_INBOX_H_
