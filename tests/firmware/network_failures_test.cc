// What went wrong between a board and its network or broker, told apart and said in sentences.
#include "net/broker_failure.h"
#include "net/station_failure.h"

#include "check.h"

using namespace cutpoint::device;

namespace {

std::string station(uint8_t reason, bool was_connected) {
  Sentence text;
  describe_station_failure(station_failure(reason, was_connected), reason, "attic", text);
  return text.text();
}

std::string broker(const BrokerTrouble& trouble, Trust trust = Trust::kNone) {
  BrokerAddress address = {};
  address.host = text_of("10.0.2.2");
  address.port = 1883;
  Sentence text;
  describe_broker_failure(trouble, address, trust, text);
  return text.text();
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST(a_wrong_password_is_told_apart_from_a_missing_access_point) {
  // 15 and 204: the handshake timed out; 202: authentication failed; 201: no access point of that name.
  for (const uint8_t reason : {uint8_t{15}, uint8_t{202}, uint8_t{204}}) {
    CHECK_EQ(station_failure(reason, false), StationFailure::kPassword);
    CHECK(has(station(reason, false), "wifi_pass"));
  }
  CHECK_EQ(station_failure(201, false), StationFailure::kNoNetwork);
  CHECK(has(station(201, false), "wifi_ssid"));
  CHECK(!has(station(201, false), "wifi_pass"));
}

TEST(the_same_reasons_are_a_lost_connection_once_there_was_one) {
  for (const uint8_t reason : {uint8_t{2}, uint8_t{15}, uint8_t{200}, uint8_t{201}, uint8_t{202}, uint8_t{204}}) {
    CHECK_EQ(station_failure(reason, true), StationFailure::kLost);
  }
  CHECK_EQ(station_failure(8, true), StationFailure::kLeft);
}

TEST(encryption_signal_and_crowding_have_sentences_of_their_own) {
  for (const uint8_t reason : {uint8_t{210}, uint8_t{211}, uint8_t{18}}) {
    CHECK_EQ(station_failure(reason, false), StationFailure::kIncompatible);
  }
  CHECK_EQ(station_failure(212, false), StationFailure::kWeak);
  CHECK_EQ(station_failure(5, false), StationFailure::kCrowded);
  CHECK(has(station(211, false), "WPA2"));
  CHECK(has(station(212, false), "Move closer"));
}

TEST(every_reason_gives_a_whole_sentence_that_names_the_network) {
  for (int reason = 0; reason < 256; ++reason) {
    for (const bool connected : {false, true}) {
      const std::string text = station(static_cast<uint8_t>(reason), connected);
      CHECK(has(text, "attic"));
      CHECK_EQ(text.back(), '.');
      CHECK(text.size() + 1 < kSentenceBytes);
    }
  }
}

TEST(a_broker_that_refuses_is_told_apart_by_its_return_code) {
  BrokerTrouble trouble = {};
  const BrokerFailure expected[] = {BrokerFailure::kVersion, BrokerFailure::kClientId, BrokerFailure::kUnavailable,
                                    BrokerFailure::kCredentials, BrokerFailure::kCredentials};
  for (uint8_t code = 1; code <= 5; ++code) {
    trouble.connack = code;
    CHECK_EQ(broker_failure(trouble), expected[code - 1]);
  }
  CHECK(has(broker(trouble), "mqtt_user"));
}

TEST(a_name_without_an_address_and_a_silent_address_differ) {
  BrokerTrouble trouble = {};
  trouble.name_unresolved = true;
  trouble.timed_out = true;
  CHECK_EQ(broker_failure(trouble), BrokerFailure::kName);
  trouble.name_unresolved = false;
  CHECK_EQ(broker_failure(trouble), BrokerFailure::kUnreachable);
  trouble.timed_out = false;
  trouble.socket_error = 111;
  CHECK_EQ(broker_failure(trouble), BrokerFailure::kUnreachable);
  CHECK(has(broker(trouble), "10.0.2.2:1883"));
  CHECK(has(broker(trouble), "errno 111"));
}

TEST(a_certificate_says_whether_date_name_or_authority_is_wrong) {
  BrokerTrouble trouble = {};
  trouble.certificate = true;
  trouble.tls = true;
  trouble.verify_flags = 0x01 | 0x08;
  CHECK(has(broker(trouble), "sntp"));
  trouble.verify_flags = 0x04;
  CHECK(has(broker(trouble), "another host name"));
  trouble.verify_flags = 0x08;
  CHECK(has(broker(trouble), "tls_ca"));
  trouble.verify_flags = 0x4000;
  CHECK(has(broker(trouble), "0x4000"));
}

TEST(a_refused_subscription_says_what_the_broker_has_to_allow) {
  BrokerTrouble trouble = {};
  trouble.subscription = true;
  CHECK_EQ(broker_failure(trouble), BrokerFailure::kSubscription);
  CHECK(has(broker(trouble), "res, plan and cmd"));
}

TEST(a_connection_that_is_closed_hints_at_tls_the_other_way_round) {
  const BrokerTrouble trouble = {};
  CHECK(has(broker(trouble, Trust::kNone), "mqtts://"));
  CHECK(has(broker(trouble, Trust::kOwnCa), "client certificate"));
}

TEST(a_failed_handshake_names_the_settings_of_its_kind_of_trust) {
  BrokerTrouble trouble = {};
  trouble.tls = true;
  trouble.tls_error = 0x7780;
  CHECK(has(broker(trouble, Trust::kPsk), "tls_psk"));
  CHECK(has(broker(trouble, Trust::kOwnCa), "tls_cert"));
  CHECK(has(broker(trouble), "-0x7780"));
}

TEST(every_trouble_gives_a_whole_sentence) {
  uint32_t random = 1;
  for (int round = 0; round < 20000; ++round) {
    random = random * 1664525u + 1013904223u;
    BrokerTrouble trouble = {};
    trouble.connack = static_cast<uint8_t>(random >> 29 == 0 ? random >> 8 : 0);
    trouble.name_unresolved = (random >> 9 & 1u) != 0;
    trouble.timed_out = (random >> 10 & 1u) != 0;
    trouble.certificate = (random >> 11 & 1u) != 0;
    trouble.verify_flags = random >> 12 & 0xFFFFu;
    trouble.tls = (random >> 13 & 1u) != 0;
    trouble.tls_error = random;
    trouble.socket_error = static_cast<int>(random >> 16);
    const std::string text = broker(trouble, static_cast<Trust>(random >> 14 & 3u));
    CHECK_EQ(text.back(), '.');
    CHECK(text.size() + 1 < kSentenceBytes);
  }
}
