#include "identity.h"

#include "text_rules.h"

namespace cutpoint::device {
namespace {

constexpr uint16_t kPlainPort = 1883;  // registered with IANA for MQTT
constexpr uint16_t kTlsPort = 8883;

bool parse_port(Text digits, uint16_t& port) {
  uint32_t number = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9' || number > 65535) {
      return false;
    }
    number = number * 10 + static_cast<uint32_t>(digit - '0');
  }
  port = static_cast<uint16_t>(number);
  return number >= 1 && number <= 65535;
}

}  // namespace

bool valid_id(Text id) {
  for (const char character : id) {
    if (!((character >= 'a' && character <= 'z') || (character >= '0' && character <= '9') || character == '-')) {
      return false;
    }
  }
  return id.size() >= 1 && id.size() < kDeviceIdBytes;
}

void device_id(const Settings& settings, const uint8_t (&mac)[6], char (&id)[kDeviceIdBytes]) {
  const Text whole = text_of(settings.id);
  const Text from = whole.empty() ? text_of(settings.name) : whole;
  size_t at = 0;
  for (const char character : from) {
    id[at++] = character;
  }
  if (whole.empty()) {
    id[at++] = '-';
    for (size_t i = 3; i < 6; ++i) {
      id[at++] = "0123456789abcdef"[mac[i] >> 4];
      id[at++] = "0123456789abcdef"[mac[i] & 15];
    }
  }
  id[at] = '\0';
}

bool parse_broker(Text uri, BrokerAddress& address, Sentence& why) {
  const Text plain = text_of("mqtt://");
  const Text tls = text_of("mqtts://");
  const bool is_plain = uri.size() >= plain.size() && same_text(uri.first(plain.size()), plain);
  const bool is_tls = uri.size() >= tls.size() && same_text(uri.first(tls.size()), tls);
  Text rest = is_plain ? uri.from(plain.size()) : is_tls ? uri.from(tls.size()) : Text();
  for (const char character : uri) {
    if (character == '@') {
      why.add("broker holds a user name or password; set mqtt_user and mqtt_pass instead");  // and quote neither
      return false;
    }
  }
  size_t colon = 0;
  while (colon < rest.size() && rest[colon] != ':') {
    colon += 1;
  }
  address.tls = is_tls;
  address.port = is_tls ? kTlsPort : kPlainPort;
  address.host = rest.first(colon);
  if (!valid_host(address.host) || (colon != rest.size() && !parse_port(rest.from(colon + 1), address.port))) {
    why.add("broker is mqtt://host[:port] or mqtts://host[:port], with a host name or IPv4 address, not '");
    why.add(uri.first(uri.size() < 64 ? uri.size() : 64)).add("'");
    return false;
  }
  return true;
}

Trust broker_trust(const Settings& settings) {
  BrokerAddress address = {};
  Sentence ignored;
  if (!parse_broker(text_of(settings.broker), address, ignored) || !address.tls) {
    return Trust::kNone;
  }
  return settings.tls_psk_bytes != 0  ? Trust::kPsk
         : settings.tls_ca_bytes != 0 ? Trust::kOwnCa
                                      : Trust::kCaBundle;
}

}  // namespace cutpoint::device
