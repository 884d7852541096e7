#include "schema.h"

#include "settings.h"

namespace cutpoint::device {
namespace {

// Where a setting lies in Settings, and how many bytes it has there.
#define CUTPOINT_AT(member) \
  static_cast<uint16_t>(__builtin_offsetof(Settings, member)), static_cast<uint16_t>(sizeof(Settings::member))

constexpr SettingRule text(const char* key, uint16_t offset, uint16_t room, const char* initial, const char* help,
                           TextRule rule = TextRule::kNone) {
  return {key, SettingKind::kText, rule, false, offset, room, 0, room - 1u, initial, "", help};
}

constexpr SettingRule secret_text(const char* key, uint16_t offset, uint16_t room, const char* help) {
  return {key, SettingKind::kText, TextRule::kNone, true, offset, room, 0, room - 1u, "", "", help};
}

constexpr SettingRule pem(const char* key, uint16_t offset, uint16_t room, bool secret, const char* help) {
  return {key, SettingKind::kPem, TextRule::kNone, secret, offset, room, 0, kMaxPemBytes, "", "", help};
}

constexpr SettingRule choice(const char* key, uint16_t offset, uint16_t room, uint32_t last, const char* initial,
                             const char* words, const char* help) {
  return {key, SettingKind::kChoice, TextRule::kNone, false, offset, room, 0, last, initial, words, help};
}

constexpr SettingRule number(const char* key, uint16_t offset, uint16_t room, uint32_t least, uint32_t most,
                             const char* initial, const char* help) {
  return {key,
          room == 1   ? SettingKind::kU8
          : room == 2 ? SettingKind::kU16
                      : SettingKind::kU32,
          TextRule::kNone, false, offset, room, least, most, initial, "", help};
}

// Bytes lie in Settings with their count in the byte before them.
constexpr SettingRule bytes(const char* key, SettingKind kind, uint16_t offset, uint16_t room, const char* help) {
  return {key, kind, TextRule::kNone, true, offset, room, 0, room, "", "", help};
}

constexpr SettingRule kSchema[] = {
    text("name", CUTPOINT_AT(name), "cutpoint",
         "Begins the device id: the id is the name, a hyphen, and the last six hexadecimal digits of the MAC.",
         TextRule::kName),
    text("id", CUTPOINT_AT(id), "", "A whole device id, in place of name and MAC.", TextRule::kId),
    text("wifi_ssid", CUTPOINT_AT(wifi_ssid), "", "Name of the Wi-Fi network."),
    secret_text("wifi_pass", CUTPOINT_AT(wifi_pass),
                "Its password: 8 to 63 characters or 64 hexadecimal digits; empty for an open network."),
    choice("wifi_power", CUTPOINT_AT(wifi_power), 2, "none", "none|min|max",
           "Power saving of the Wi-Fi station: none answers fastest, min sleeps between beacons, max longer."),
    text("broker", CUTPOINT_AT(broker), "",
         "The MQTT broker: mqtt://host[:port], or mqtts:// for TLS. Ports 1883 and 8883 when none is given.",
         TextRule::kBroker),
    text("mqtt_user", CUTPOINT_AT(mqtt_user), "", "User name at the broker."),
    secret_text("mqtt_pass", CUTPOINT_AT(mqtt_pass), "Password at the broker."),
    text("root", CUTPOINT_AT(root), "cutpoint/1",
         "Root of all topics: one to three levels of A-Z, a-z, 0-9, '_' and '-'.", TextRule::kRoot),
    pem("tls_ca", CUTPOINT_AT(tls_ca_bytes), false,
        "The certificate (PEM) that the broker's is checked against; without one, the bundle of public CAs."),
    pem("tls_cert", CUTPOINT_AT(tls_cert_bytes), false,
        "This device's certificate (PEM), for brokers that ask for one; goes with tls_key."),
    pem("tls_key", CUTPOINT_AT(tls_key_bytes), true, "The private key (PEM) of tls_cert."),
    text("tls_psk_id", CUTPOINT_AT(tls_psk_id), "", "Identity for TLS with a pre-shared key; goes with tls_psk."),
    bytes("tls_psk", SettingKind::kHex, CUTPOINT_AT(tls_psk), "The pre-shared key, 1 to 64 bytes as hexadecimal digits."),
    bytes("aead_key", SettingKind::kKey, CUTPOINT_AT(aead_key),
          "Key of 32 bytes, as 64 hexadecimal digits, that seals every frame; the edge server has the same."),
    number("deadline_ms", CUTPOINT_AT(deadline_ms), 1, 600000, "1000",
           "How long an answer of the edge is waited for before the device finishes by itself, ms; a plan overrides it."),
    number("chunk", CUTPOINT_AT(chunk), 192, 65535, "4096", "Largest frame that is sent, bytes."),
    number("cut", CUTPOINT_AT(cut), 0, 65535, "65535",
           "Operators run on the device until a plan comes; 65535 for all that are on board."),
    choice("input", CUTPOINT_AT(input), 4, "auto", "auto|none|camera|serial|linked",
           "Where pictures come from; auto takes the camera if the board has one, else the linked picture, else serial."),
    number("period_ms", CUTPOINT_AT(period_ms), 0, 86400000, "1000",
           "From the start of one inference to the next, ms; 0 for as fast as possible."),
    number("tele_ms", CUTPOINT_AT(tele_ms), 100, 86400000, "5000", "Between two telemetry messages, ms."),
    choice("update", CUTPOINT_AT(update), 2, "model", "off|model|all",
           "What may be replaced over MQTT: nothing, the model, or the firmware too."),
    text("sntp", CUTPOINT_AT(sntp), "", "A time server; empty for none. Nothing depends on it.", TextRule::kHost),
    choice("ina", CUTPOINT_AT(ina), 2, "none", "none|ina219|ina226", "The current sensor that measures energy."),
    number("ina_addr", CUTPOINT_AT(ina_addr), 64, 79, "64", "Its I2C address, 64 (0x40) to 79 (0x4F)."),
    number("ina_shunt", CUTPOINT_AT(ina_shunt), 1, 65535, "100", "Its shunt, milliohm."),
    number("ina_sda", CUTPOINT_AT(ina_sda), 0, 255, "255", "GPIO of its SDA; 255 for the board's own pin."),
    number("ina_scl", CUTPOINT_AT(ina_scl), 0, 255, "255", "GPIO of its SCL; 255 for the board's own pin."),
    choice("log", CUTPOINT_AT(log), 4, "info", "none|error|warn|info|debug", "What is logged on the console."),
};

#undef CUTPOINT_AT

static_assert(__builtin_offsetof(Settings, tls_psk) == __builtin_offsetof(Settings, tls_psk_bytes) + 1 &&
                  __builtin_offsetof(Settings, aead_key) == __builtin_offsetof(Settings, aead_key_bytes) + 1,
              "the count of bytes lies before them");

}  // namespace

Span<const SettingRule> settings_schema() { return kSchema; }

const SettingRule* find_setting(Text key) {
  for (const SettingRule& rule : kSchema) {
    if (same_text(key, text_of(rule.key))) {
      return &rule;
    }
  }
  return nullptr;
}

Text choice_word(const SettingRule& rule, uint32_t place) {
  const Text words = text_of(rule.choices);
  size_t begin = 0;
  for (size_t at = 0; at <= words.size(); ++at) {
    if (at == words.size() || words[at] == '|') {
      if (place == 0) {
        return words.slice(begin, at - begin);
      }
      place -= 1;
      begin = at + 1;
    }
  }
  return Text();
}

}  // namespace cutpoint::device
