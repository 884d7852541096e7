// What a board is told about its place: names, network, broker, limits. Filled from NVS, changed from the console.
#ifndef CUTPOINT_DEVICE_SETTINGS_SETTINGS_H_
#define CUTPOINT_DEVICE_SETTINGS_SETTINGS_H_

#include <stddef.h>
#include <stdint.h>

#include "choices.h"
#include "schema.h"
#include "../sentence.h"

namespace cutpoint::device {

constexpr size_t kDeviceIdBytes = 33;  // 32 characters and the zero
constexpr size_t kKeyBytes = 32;       // of AES-256
constexpr size_t kMaxPskBytes = 64;
constexpr uint16_t kWholeNetwork = 65535;  // the setting `cut`: as many operators as are on board

// Texts end in a zero. A PEM text stays in NVS and is read when it is needed; only its size is known here, 0 when there
// is none. A new Settings holds the defaults of the schema.
struct Settings {
  char name[26] = "cutpoint";
  char id[kDeviceIdBytes] = "";
  char wifi_ssid[33] = "";
  char wifi_pass[65] = "";
  WifiPower wifi_power = WifiPower::kNone;
  char broker[129] = "";
  char mqtt_user[65] = "";
  char mqtt_pass[129] = "";
  char root[65] = "cutpoint/1";
  uint16_t tls_ca_bytes = 0;
  uint16_t tls_cert_bytes = 0;
  uint16_t tls_key_bytes = 0;
  char tls_psk_id[65] = "";
  uint8_t tls_psk_bytes = 0;
  uint8_t tls_psk[kMaxPskBytes] = {};
  uint8_t aead_key_bytes = 0;  // 0: frames travel in the clear
  uint8_t aead_key[kKeyBytes] = {};
  uint32_t deadline_ms = 1000;
  uint16_t chunk = 4096;
  uint16_t cut = kWholeNetwork;
  InputChoice input = InputChoice::kAuto;
  uint32_t period_ms = 1000;
  uint32_t tele_ms = 5000;
  UpdatePolicy update = UpdatePolicy::kModel;
  char sntp[65] = "";
  CurrentSensor ina = CurrentSensor::kNone;
  uint8_t ina_addr = 64;
  uint16_t ina_shunt = 100;  // milliohm
  uint8_t ina_sda = 255;     // 255: the board's own pin
  uint8_t ina_scl = 255;
  LogLevel log = LogLevel::kInfo;
};

// A value out of its text or out of NVS, not yet checked against the rule.
struct SettingValue {
  uint32_t number = 0;      // numbers and choices
  Text text;                // texts and PEM; points to the caller's characters
  uint8_t blob_bytes = 0;   // hex and key
  uint8_t blob[kMaxPskBytes] = {};
};

// Reads the text of a value: a word for a choice, digits for a number, hexadecimal digits for bytes. An empty text
// takes a text, PEM or bytes away. False, with the sentence, when the text cannot be such a value or breaks the rule.
// The sentence never quotes a secret.
bool parse_setting(const SettingRule& rule, Text text, SettingValue& value, Sentence& why);

// Checks a value against its rule and stores it; false, with the sentence and nothing changed, when it breaks it.
bool put_setting(Settings& settings, const SettingRule& rule, const SettingValue& value, Sentence& why);

// Both of the above by key; false too for a key that there is not.
bool apply_setting(Settings& settings, Text key, Text text, Sentence& why);

// How a value reads: a secret as "set" or "not set", a PEM as its size. Returns the characters written, without the
// final zero, which is always there; `to` has at least kPrintedSettingBytes.
constexpr size_t kPrintedSettingBytes = 132;
size_t print_setting(const Settings& settings, const SettingRule& rule, Span<char> to);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_SETTINGS_SETTINGS_H_
