// The way to an IP address: a Wi-Fi station or Ethernet, whichever the build chose by CUTPOINT_NET.
#ifndef CUTPOINT_ESP32_NETWORK_NETWORK_H_
#define CUTPOINT_ESP32_NETWORK_NETWORK_H_

#include <stddef.h>

#include "device/sentence.h"
#include "device/settings/settings.h"

namespace cutpoint::esp32 {

// Called from the event task, so only to take note: none may block.
class NetworkListener {
 public:
  virtual void network_changed(bool up) = 0;

 protected:
  ~NetworkListener() = default;
};

struct NetworkStatus {
  bool up;
  char address[16];       // IPv4, dotted; empty when not up
  uint32_t attempts;      // since it was up last
  device::Sentence trouble;  // empty when there is none
};

// One for the program. After begin() it connects, and reconnects with backoff and jitter, until the end of time.
class Network {
 public:
  // Needs the default event loop and NVS. False, with the sentence, when the hardware cannot be started; without
  // wifi_ssid a station starts and waits for join().
  bool begin(const device::Settings& settings, NetworkListener& listener, device::Sentence& why);

  // Other credentials, for as long as the board runs: tried at once. Ethernet has none, and says false.
  bool join(const char* ssid, const char* password);

  bool up() const;
  // Signal strength of the access point, dBm; false for Ethernet and while not connected.
  bool rssi(int& dbm) const;
  NetworkStatus status() const;
  // What kept it from an address last, once; false when nothing did since the last call.
  bool take_trouble(device::Sentence& why);

  // "wifi", "openeth" or "ethernet".
  static const char* kind();
};

Network& network();

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_NETWORK_NETWORK_H_
