// Who a device is and where its broker stands, worked out from the settings.
#ifndef CUTPOINT_DEVICE_SETTINGS_IDENTITY_H_
#define CUTPOINT_DEVICE_SETTINGS_IDENTITY_H_

#include <stdint.h>

#include "settings.h"

namespace cutpoint::device {

// [a-z0-9-]{1,32}, as docs/protocol.md asks.
bool valid_id(Text id);

// The setting `id`, or `name` and the last six hexadecimal digits of the MAC: "cutpoint-a1b2c3".
void device_id(const Settings& settings, const uint8_t (&mac)[6], char (&id)[kDeviceIdBytes]);

struct BrokerAddress {
  bool tls;
  Text host;  // points into the URI
  uint16_t port;
};

// mqtt[s]://host[:port], a host name or IPv4 address; port 1883, with TLS 8883, when none is given. False, with the
// sentence, for anything else. Credentials in a URI are refused: they are settings of their own, and secret.
bool parse_broker(Text uri, BrokerAddress& address, Sentence& why);

// How the broker is trusted on mqtts://.
enum class Trust : uint8_t { kNone, kPsk, kOwnCa, kCaBundle };
Trust broker_trust(const Settings& settings);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_SETTINGS_IDENTITY_H_
