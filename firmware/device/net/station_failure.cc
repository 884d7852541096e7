#include "station_failure.h"

namespace cutpoint::device {
namespace {

// IEEE 802.11-2020, table 9-49.
constexpr uint8_t kAuthExpire = 2;
constexpr uint8_t kAssocTooMany = 5;
constexpr uint8_t kAssocLeave = 8;
constexpr uint8_t kIeInvalid = 13;
constexpr uint8_t kMicFailure = 14;
constexpr uint8_t kHandshakeTimeout4Way = 15;
constexpr uint8_t kIeIn4WayDiffers = 17;
constexpr uint8_t kGroupCipherInvalid = 18;
constexpr uint8_t kPairwiseCipherInvalid = 19;
constexpr uint8_t kAkmpInvalid = 20;
constexpr uint8_t kUnsuppRsnVersion = 21;
constexpr uint8_t kInvalidRsnCap = 22;
constexpr uint8_t kAuth8021xFailed = 23;
constexpr uint8_t kCipherRejected = 24;
// Espressif's.
constexpr uint8_t kBeaconTimeout = 200;
constexpr uint8_t kNoApFound = 201;
constexpr uint8_t kAuthFail = 202;
constexpr uint8_t kHandshakeTimeout = 204;
constexpr uint8_t kNoApCompatibleSecurity = 210;
constexpr uint8_t kNoApAuthmode = 211;
constexpr uint8_t kNoApRssi = 212;

}  // namespace

StationFailure station_failure(uint8_t reason, bool was_connected) {
  switch (reason) {
    case kNoApFound:
      return was_connected ? StationFailure::kLost : StationFailure::kNoNetwork;
    case kAssocLeave:
      return was_connected ? StationFailure::kLeft : StationFailure::kOther;
    case kBeaconTimeout:
      return StationFailure::kLost;
    case kAuthExpire:
      return was_connected ? StationFailure::kLost : StationFailure::kOther;
    case kMicFailure:
    case kHandshakeTimeout4Way:
    case kHandshakeTimeout:
    case kAuthFail:
    case kAuth8021xFailed:
      return was_connected ? StationFailure::kLost : StationFailure::kPassword;
    case kIeInvalid:
    case kIeIn4WayDiffers:
    case kGroupCipherInvalid:
    case kPairwiseCipherInvalid:
    case kAkmpInvalid:
    case kUnsuppRsnVersion:
    case kInvalidRsnCap:
    case kCipherRejected:
    case kNoApCompatibleSecurity:
    case kNoApAuthmode:
      return StationFailure::kIncompatible;
    case kNoApRssi:
      return StationFailure::kWeak;
    case kAssocTooMany:
      return StationFailure::kCrowded;
    default:
      return was_connected ? StationFailure::kLost : StationFailure::kOther;
  }
}

void describe_station_failure(StationFailure failure, uint8_t reason, const char* ssid, Sentence& text) {
  text.clear();
  text.add("Wi-Fi ").add(ssid).add(": ");
  switch (failure) {
    case StationFailure::kNoNetwork:
      text.add("no access point of that name is heard on 2.4 GHz. Check the setting wifi_ssid, or move closer.");
      return;
    case StationFailure::kPassword:
      text.add("the access point does not accept the password. Check the setting wifi_pass.");
      return;
    case StationFailure::kIncompatible:
      text.add("the access point asks for an encryption that this board does not do; WPA2 or WPA3-Personal is needed");
      break;
    case StationFailure::kWeak:
      text.add("the access point is too faint. Move closer");
      break;
    case StationFailure::kCrowded:
      text.add("the access point takes no more stations");
      break;
    case StationFailure::kLost:
      text.add("connection lost");
      break;
    case StationFailure::kLeft:
      text.add("left");
      break;
    case StationFailure::kOther:
      text.add("the access point was found and did not let the board in");
      break;
  }
  text.add(" (reason ").add(static_cast<uint32_t>(reason)).add(").");
}

}  // namespace cutpoint::device
