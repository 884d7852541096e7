// What a station and Ethernet have in common: address, trouble, attempts, and when to try again.
#ifndef CUTPOINT_ESP32_NETWORK_LINK_H_
#define CUTPOINT_ESP32_NETWORK_LINK_H_

#include "device/net/backoff.h"
#include "esp_event.h"
#include "esp_netif.h"
#include "esp_timer.h"
#include "network.h"

namespace cutpoint::esp32 {

constexpr uint32_t kFirstRetryMs = 500;
constexpr uint32_t kMostRetryMs = 60000;

// Methods are called from the event task and the timer task; status() from any.
class Link {
 public:
  // `again` is called on the timer task when it is time for the next attempt; may be null.
  bool begin(NetworkListener& listener, void (*again)());

  void got_address(const esp_netif_ip_info_t& info);
  void lost();
  void trouble(const device::Sentence& why);
  void retry_later();
  void retry_now();

  bool up() const { return up_; }
  NetworkStatus status() const;
  bool take_trouble(device::Sentence& why);

 private:
  static void on_timer(void* self);

  NetworkListener* listener_ = nullptr;
  void (*again_)() = nullptr;
  esp_timer_handle_t timer_ = nullptr;
  device::Backoff backoff_{kFirstRetryMs, kMostRetryMs};
  volatile bool up_ = false;
  uint32_t address_ = 0;  // network byte order
  uint32_t attempts_ = 0;
  device::Sentence trouble_;
  device::Sentence untold_;
};

// Of the one network of the program.
Link& link();

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_NETWORK_LINK_H_
