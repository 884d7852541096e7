// Settings: schema against struct, values, identity, what does not go together, and that secrets stay unseen.
#include "settings/settings.h"

#include <random>
#include <set>
#include <string>

#include "check.h"
#include "settings/check.h"
#include "settings/identity.h"

using namespace cutpoint;
using namespace cutpoint::device;

namespace {

constexpr char kCertificate[] = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
constexpr char kPrivateKey[] = "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n";

Text text(const std::string& characters) { return Text(characters.data(), characters.size()); }

std::string printed(const Settings& settings, const char* key) {
  char to[kPrintedSettingBytes];
  const size_t size = print_setting(settings, *find_setting(text_of(key)), Span<char>(to));
  return std::string(to, size);
}

// The sentence of a refusal, empty when it was taken.
std::string applied(Settings& settings, const std::string& key, const std::string& value) {
  Sentence why;
  const bool good = apply_setting(settings, text(key), text(value), why);
  CHECK_EQ(good, why.empty());
  return why.text();
}

std::set<std::string> problems_of(std::initializer_list<std::pair<const char*, const char*>> values) {
  Settings settings;
  for (const auto& [key, value] : values) {
    CHECK_EQ(applied(settings, key, value), std::string());
  }
  Problem problems[kMaxProblems];
  const size_t count = check_settings(settings, Span<Problem>(problems));
  std::set<std::string> keys;
  for (size_t i = 0; i < count; ++i) {
    CHECK(!problems[i].why.empty());
    CHECK(problems[i].why.size() + 1 < kSentenceBytes);  // not cut short
    keys.insert(problems[i].key);
  }
  return keys;
}

using Keys = std::set<std::string>;

}  // namespace

TEST(every_key_fits_nvs_and_is_there_once) {
  std::set<std::string> keys;
  for (const SettingRule& rule : settings_schema()) {
    CHECK(std::strlen(rule.key) >= 1 && std::strlen(rule.key) <= kMaxKeyCharacters);
    CHECK(keys.insert(rule.key).second);
    CHECK(find_setting(text_of(rule.key)) == &rule);
    CHECK(std::strlen(rule.help) > 10 && rule.help[std::strlen(rule.help) - 1] == '.');
  }
  CHECK(find_setting(text_of("no_such")) == nullptr);
  CHECK(find_setting(Text()) == nullptr);
}

TEST(a_new_settings_holds_the_defaults_of_the_schema) {
  const Settings fresh;
  for (const SettingRule& rule : settings_schema()) {
    const bool counted = rule.kind == SettingKind::kPem || rule.kind == SettingKind::kHex || rule.kind == SettingKind::kKey;
    CHECK_EQ(printed(fresh, rule.key), std::string(rule.secret || counted ? "not set" : rule.initial));
    Settings changed;
    CHECK_EQ(applied(changed, rule.key, rule.initial), std::string());
    CHECK(std::memcmp(&changed, &fresh, sizeof fresh) == 0);
  }
}

TEST(no_two_settings_share_a_byte) {
  std::set<size_t> taken;
  for (const SettingRule& rule : settings_schema()) {
    for (size_t i = 0; i < rule.room; ++i) {
      CHECK(taken.insert(rule.offset + i).second);
      CHECK(rule.offset + i < sizeof(Settings));
    }
  }
}

TEST(each_kind_of_value_is_taken_and_printed) {
  Settings settings;
  CHECK_EQ(applied(settings, "wifi_ssid", "Caf\xC3\xA9 2.4"), std::string());
  CHECK_EQ(printed(settings, "wifi_ssid"), std::string("Caf\xC3\xA9 2.4"));
  CHECK_EQ(applied(settings, "deadline_ms", "250"), std::string());
  CHECK_EQ(settings.deadline_ms, 250u);
  CHECK_EQ(applied(settings, "ina_addr", "65"), std::string());
  CHECK_EQ(settings.ina_addr, 65);
  CHECK_EQ(applied(settings, "cut", "12"), std::string());
  CHECK_EQ(settings.cut, 12);
  CHECK_EQ(applied(settings, "input", "linked"), std::string());
  CHECK(settings.input == InputChoice::kLinked);
  CHECK_EQ(printed(settings, "input"), std::string("linked"));
  CHECK_EQ(applied(settings, "update", "off"), std::string());
  CHECK(settings.update == UpdatePolicy::kOff);
  CHECK_EQ(applied(settings, "log", "debug"), std::string());
  CHECK(settings.log == LogLevel::kDebug);
  CHECK_EQ(applied(settings, "tls_ca", kCertificate), std::string());
  CHECK_EQ(settings.tls_ca_bytes, sizeof kCertificate - 1);
  CHECK_EQ(printed(settings, "tls_ca"), std::to_string(sizeof kCertificate - 1) + " bytes");
  CHECK_EQ(applied(settings, "tls_psk", "00fFa1"), std::string());
  CHECK_EQ(settings.tls_psk_bytes, 3);
  CHECK(settings.tls_psk[0] == 0 && settings.tls_psk[1] == 0xFF && settings.tls_psk[2] == 0xA1);
  CHECK_EQ(applied(settings, "aead_key", std::string(64, 'e')), std::string());
  CHECK(settings.aead_key_bytes == 32 && settings.aead_key[31] == 0xEE);
}

TEST(every_choice_has_as_many_words_as_places) {
  for (const SettingRule& rule : settings_schema()) {
    if (rule.kind == SettingKind::kChoice) {
      for (uint32_t place = 0; place <= rule.most; ++place) {
        CHECK(!choice_word(rule, place).empty());
      }
      CHECK(choice_word(rule, rule.most + 1).empty());
    }
  }
}

TEST(what_breaks_a_rule_is_refused_with_a_sentence_and_changes_nothing) {
  const std::pair<const char*, std::string> wrong[] = {
      {"deadline_ms", "0"}, {"deadline_ms", "600001"}, {"deadline_ms", "4294967296"}, {"deadline_ms", "-1"},
      {"deadline_ms", ""}, {"deadline_ms", "1e3"}, {"deadline_ms", "99999999999999999999"}, {"chunk", "191"},
      {"chunk", "65536"}, {"ina_addr", "63"}, {"ina_addr", "80"}, {"ina_sda", "256"}, {"tele_ms", "99"},
      {"input", "Camera"}, {"input", ""}, {"input", "cam"}, {"update", "yes"}, {"name", ""}, {"name", "Upper"},
      {"name", std::string(26, 'a')}, {"id", "a b"}, {"id", std::string(33, 'a')}, {"root", ""}, {"root", "/a"},
      {"root", "a//b"}, {"root", "a/b/c/d"}, {"root", "a/+"}, {"root", std::string(65, 'a')},
      {"wifi_ssid", std::string(33, 'x')}, {"wifi_ssid", "a\nb"}, {"wifi_pass", std::string(65, 'x')},
      {"mqtt_user", std::string(65, 'x')}, {"sntp", "pool ntp org"}, {"sntp", "-a"}, {"sntp", "a..b"},
      {"broker", "http://a"}, {"broker", "mqtt://"}, {"broker", "mqtt://a:0"}, {"broker", "mqtt://a:65536"},
      {"broker", "mqtt://a:"}, {"broker", "mqtt://a/b"}, {"broker", "mqtt://u:p@a"}, {"broker", "MQTT://a"},
      {"broker", "a"}, {"tls_ca", "no pem"}, {"tls_ca", kPrivateKey}, {"tls_key", kCertificate},
      {"tls_ca", "-----BEGIN CERTIFICATE-----\nMIIB"}, {"tls_ca", kCertificate + std::string(4000, 'x')},
      {"tls_key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nx\n-----END ENCRYPTED PRIVATE KEY-----\n"},
      {"tls_psk", "abc"}, {"tls_psk", "zz"}, {"tls_psk", std::string(130, '0')}, {"aead_key", "00"},
      {"aead_key", std::string(63, '0')}, {"aead_key", std::string(66, '0')}, {"no_such", "1"}, {"", "1"}};
  const Settings fresh;
  for (const auto& [key, value] : wrong) {
    Settings settings;
    const std::string why = applied(settings, key, value);
    if (why.empty()) {
      check::fail(__FILE__, __LINE__, std::string(key) + " took " + value);
    }
    CHECK(std::memcmp(&settings, &fresh, sizeof fresh) == 0);
  }
}

TEST(an_empty_text_takes_away_what_can_be_without) {
  Settings settings;
  for (const char* key : {"id", "broker", "wifi_pass", "tls_ca", "tls_key", "tls_psk", "aead_key", "sntp"}) {
    CHECK_EQ(applied(settings, key, ""), std::string());
  }
  applied(settings, "tls_psk", "0011");
  applied(settings, "tls_psk", "");
  CHECK(settings.tls_psk_bytes == 0 && settings.tls_psk[1] == 0);
}

TEST(no_secret_is_printed_or_quoted) {
  const std::string secret = "0badc0de";
  for (const SettingRule& rule : settings_schema()) {
    if (!rule.secret) {
      continue;
    }
    Settings settings;
    for (const std::string& value : {secret, secret + "\n", secret + "zz", secret + std::string(5000, 'k')}) {
      CHECK(applied(settings, rule.key, value).find(secret) == std::string::npos);
      CHECK(printed(settings, rule.key).find(secret) == std::string::npos);
    }
  }
  Settings settings;
  applied(settings, "mqtt_pass", secret);
  CHECK_EQ(printed(settings, "mqtt_pass"), std::string("set"));
  CHECK(applied(settings, "broker", "mqtt://me:" + secret + "@host").find(secret) == std::string::npos);
}

TEST(a_broker_is_taken_apart) {
  BrokerAddress address = {};
  Sentence why;
  REQUIRE(parse_broker(text_of("mqtt://10.0.2.2"), address, why));
  CHECK(!address.tls && address.port == 1883 && same_text(address.host, text_of("10.0.2.2")));
  REQUIRE(parse_broker(text_of("mqtts://broker.example:444"), address, why));
  CHECK(address.tls && address.port == 444 && same_text(address.host, text_of("broker.example")));
  REQUIRE(parse_broker(text_of("mqtts://b"), address, why));
  CHECK_EQ(address.port, 8883);
}

TEST(the_id_is_the_name_and_the_last_digits_of_the_mac_or_what_was_set) {
  Settings settings;
  char id[kDeviceIdBytes];
  const uint8_t mac[6] = {0x24, 0x6F, 0x28, 0xA1, 0xB2, 0x0C};
  device_id(settings, mac, id);
  CHECK_EQ(std::string(id), std::string("cutpoint-a1b20c"));
  applied(settings, "name", std::string(25, 'n'));
  device_id(settings, mac, id);
  CHECK_EQ(std::string(id), std::string(25, 'n') + "-a1b20c");
  CHECK(valid_id(text_of(id)));
  applied(settings, "id", "door-7");
  device_id(settings, mac, id);
  CHECK_EQ(std::string(id), std::string("door-7"));
}

TEST(trust_follows_the_settings) {
  Settings settings;
  CHECK(broker_trust(settings) == Trust::kNone);
  applied(settings, "tls_ca", kCertificate);
  applied(settings, "broker", "mqtt://b");
  CHECK(broker_trust(settings) == Trust::kNone);
  applied(settings, "broker", "mqtts://b");
  CHECK(broker_trust(settings) == Trust::kOwnCa);
  applied(settings, "tls_ca", "");
  CHECK(broker_trust(settings) == Trust::kCaBundle);
  applied(settings, "tls_psk", "00");
  CHECK(broker_trust(settings) == Trust::kPsk);
}

TEST(what_goes_together_is_no_problem) {
  CHECK(problems_of({}) == Keys());
  CHECK(problems_of({{"wifi_ssid", "n"}, {"wifi_pass", "password"}, {"broker", "mqtt://b"}}) == Keys());
  CHECK(problems_of({{"wifi_ssid", "open"}, {"broker", "mqtts://b"}, {"tls_ca", kCertificate}, {"tls_cert", kCertificate},
                     {"tls_key", kPrivateKey}, {"mqtt_user", "u"}, {"mqtt_pass", "p"}}) == Keys());
  CHECK(problems_of({{"broker", "mqtts://b"}, {"tls_psk", "00"}, {"tls_psk_id", "i"}}) == Keys());
  CHECK(problems_of({{"ina_sda", "13"}, {"ina_scl", "14"}}) == Keys());
}

TEST(what_does_not_go_together_is_named_by_the_setting_to_change) {
  CHECK(problems_of({{"broker", "mqtts://b"}, {"tls_cert", kCertificate}}) == Keys({"tls_key"}));
  CHECK(problems_of({{"broker", "mqtts://b"}, {"tls_key", kPrivateKey}}) == Keys({"tls_cert"}));
  CHECK(problems_of({{"broker", "mqtts://b"}, {"tls_psk", "00"}}) == Keys({"tls_psk_id"}));
  CHECK(problems_of({{"broker", "mqtts://b"}, {"tls_psk_id", "i"}}) == Keys({"tls_psk"}));
  CHECK(problems_of({{"broker", "mqtts://b"}, {"tls_psk", "00"}, {"tls_psk_id", "i"}, {"tls_ca", kCertificate}}) ==
        Keys({"tls_psk"}));
  CHECK(problems_of({{"broker", "mqtt://b"}, {"tls_ca", kCertificate}}) == Keys({"broker"}));
  CHECK(problems_of({{"mqtt_pass", "p"}}) == Keys({"mqtt_user"}));
  CHECK(problems_of({{"wifi_pass", "password"}}) == Keys({"wifi_ssid"}));
  CHECK(problems_of({{"wifi_ssid", "n"}, {"wifi_pass", "short"}}) == Keys({"wifi_pass"}));
  const std::string no_key(64, 'x');
  CHECK(problems_of({{"wifi_ssid", "n"}, {"wifi_pass", no_key.c_str()}}) == Keys({"wifi_pass"}));
  const std::string key(64, '0');
  CHECK(problems_of({{"aead_key", key.c_str()}, {"chunk", "219"}}) == Keys({"chunk"}));
  CHECK(problems_of({{"aead_key", key.c_str()}, {"chunk", "220"}}) == Keys());
  CHECK(problems_of({{"ina_sda", "4"}}) == Keys({"ina_sda"}));
  CHECK(problems_of({{"ina_sda", "4"}, {"ina_scl", "4"}}) == Keys({"ina_scl"}));
}

TEST(any_text_for_any_setting_is_taken_or_refused_and_prints) {
  std::mt19937 random(1);
  const std::string alphabet = "0123456789abcdefghixyz:/.-_@|\n-----BEGIN ENDmqts \xC3\xFF";
  Settings settings;
  for (int round = 0; round < 20000; ++round) {
    const Span<const SettingRule> schema = settings_schema();
    const SettingRule& rule = schema[random() % schema.size()];
    std::string value;
    for (size_t length = random() % 90; length > 0; --length) {
      value += alphabet[random() % alphabet.size()];
    }
    applied(settings, rule.key, value);
    CHECK(printed(settings, rule.key).size() < kPrintedSettingBytes);
    char id[kDeviceIdBytes];
    const uint8_t mac[6] = {};
    device_id(settings, mac, id);
    CHECK(valid_id(text_of(id)));
    Problem problems[kMaxProblems];
    CHECK(check_settings(settings, Span<Problem>(problems)) < kMaxProblems);
  }
}

TEST(a_value_out_of_nvs_is_checked_like_a_text) {
  Settings settings;
  Sentence why;
  SettingValue value;
  value.number = 9;
  CHECK(!put_setting(settings, *find_setting(text_of("input")), value, why));
  CHECK(!why.empty());
  value.number = 700000;
  CHECK(!put_setting(settings, *find_setting(text_of("deadline_ms")), value, why));
  value.blob_bytes = 16;
  CHECK(!put_setting(settings, *find_setting(text_of("aead_key")), value, why));
  const Settings fresh;
  CHECK(std::memcmp(&settings, &fresh, sizeof fresh) == 0);
}
