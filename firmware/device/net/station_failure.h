// Why a Wi-Fi station did not get in, or was put out, in a sentence.
#ifndef CUTPOINT_DEVICE_NET_STATION_FAILURE_H_
#define CUTPOINT_DEVICE_NET_STATION_FAILURE_H_

#include <stdint.h>

#include "../sentence.h"

namespace cutpoint::device {

enum class StationFailure : uint8_t {
  kNoNetwork,      // no access point of that name is heard
  kPassword,       // the access point is there and does not accept the password
  kIncompatible,   // it is there, and asks for a kind of encryption that this board does not do
  kWeak,           // it is there, and too faint
  kCrowded,        // it refuses more stations
  kLost,           // was connected, and the access point is not heard any more or put the station out
  kLeft,           // the station went by itself
  kOther,
};

// `reason` as the driver gives it: IEEE 802.11-2020 table 9-49 below 200, Espressif's own (esp_wifi_types.h) from 200.
// A wrong password shows as a handshake that times out, so the same reason means something else once connected.
StationFailure station_failure(uint8_t reason, bool was_connected);

// What was seen, and what to do. The name of the network is quoted, the password never.
void describe_station_failure(StationFailure failure, uint8_t reason, const char* ssid, Sentence& text);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_NET_STATION_FAILURE_H_
