#include "check.h"

#include "../../core/cipher/cipher.h"
#include "../../core/session/config.h"
#include "identity.h"

namespace cutpoint::device {
namespace {

constexpr size_t kLeastWpaCharacters = 8;
constexpr size_t kWpaKeyDigits = 64;
constexpr uint8_t kBoardPin = 255;

class Found {
 public:
  explicit Found(Span<Problem> problems) : problems_(problems) {}
  void add(bool wrong, const char* key, const char* why) {
    if (wrong && count_ < problems_.size()) {
      problems_[count_].key = key;
      problems_[count_].why = Sentence(why);
      count_ += 1;
    }
  }
  size_t count() const { return count_; }

 private:
  Span<Problem> problems_;
  size_t count_ = 0;
};

bool hexadecimal(Text text) {
  for (const char c : text) {
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) {
      return false;
    }
  }
  return true;
}

void check_wifi(const Settings& settings, Found& found) {
  const Text password = text_of(settings.wifi_pass);
  found.add(!password.empty() && settings.wifi_ssid[0] == '\0', "wifi_ssid",
            "wifi_pass is set and wifi_ssid is not: name the network that the password is for");
  found.add(!password.empty() && password.size() < kLeastWpaCharacters, "wifi_pass",
            "wifi_pass has fewer than 8 characters, which no WPA network takes; leave it empty for an open network");
  found.add(password.size() == kWpaKeyDigits && !hexadecimal(password), "wifi_pass",
            "wifi_pass has 64 characters and is then a key of hexadecimal digits; a password has at most 63");
}

void check_broker(const Settings& settings, Found& found) {
  BrokerAddress address = {};
  Sentence ignored;
  const bool known = parse_broker(text_of(settings.broker), address, ignored);
  const bool psk = settings.tls_psk_bytes != 0;
  const bool identity = settings.tls_psk_id[0] != '\0';
  const bool certificate = settings.tls_cert_bytes != 0;
  const bool key = settings.tls_key_bytes != 0;
  const bool ca = settings.tls_ca_bytes != 0;
  found.add(settings.mqtt_pass[0] != '\0' && settings.mqtt_user[0] == '\0', "mqtt_user",
            "mqtt_pass is set and mqtt_user is not: MQTT 3.1.1 takes no password without a user name");
  found.add(certificate && !key, "tls_key", "tls_cert is set and tls_key is not: a client certificate needs its key");
  found.add(key && !certificate, "tls_cert", "tls_key is set and tls_cert is not: the key belongs to a certificate");
  found.add(psk && !identity, "tls_psk_id", "tls_psk is set and tls_psk_id is not: the broker finds the key by it");
  found.add(identity && !psk, "tls_psk", "tls_psk_id is set and tls_psk is not: the identity stands for a key");
  found.add(psk && (ca || certificate || key), "tls_psk",
            "tls_psk is set beside certificates: TLS uses the one or the others; take one away");
  found.add(known && !address.tls && (psk || identity || ca || certificate || key), "broker",
            "broker is mqtt://, so the TLS settings protect nothing: use mqtts://, or take them away");
}

}  // namespace

size_t check_settings(const Settings& settings, Span<Problem> problems) {
  Found found(problems);
  check_wifi(settings, found);
  check_broker(settings, found);
  found.add(settings.aead_key_bytes != 0 && settings.chunk < kMinSessionChunkBytes + kSealBytes, "chunk",
            "chunk is too small for sealed frames: with aead_key set it is at least 220");
  found.add((settings.ina_sda == kBoardPin) != (settings.ina_scl == kBoardPin), "ina_sda",
            "ina_sda and ina_scl are set together: either both are pins or both are 255, the board's own");
  found.add(settings.ina_sda != kBoardPin && settings.ina_sda == settings.ina_scl, "ina_scl",
            "ina_sda and ina_scl are the same pin: I2C needs two");
  return found.count();
}

}  // namespace cutpoint::device
