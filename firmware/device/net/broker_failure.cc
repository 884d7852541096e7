#include "broker_failure.h"

namespace cutpoint::device {
namespace {

// mbedtls/x509.h
constexpr uint32_t kExpired = 0x01;
constexpr uint32_t kNameMismatch = 0x04;
constexpr uint32_t kNotTrusted = 0x08;
constexpr uint32_t kFuture = 0x0200;

void add_hex(uint32_t number, Sentence& text) {
  char digits[8];
  size_t count = 0;
  do {
    digits[sizeof digits - ++count] = "0123456789abcdef"[number & 15u];
    number >>= 4;
  } while (number != 0);
  text.add("0x").add(Text(digits + (sizeof digits - count), count));
}

void add_certificate(uint32_t flags, Sentence& text) {
  if ((flags & (kExpired | kFuture)) != 0) {
    text.add("its certificate is not valid at the time of this board's clock. Check the setting sntp, or the broker.");
  } else if ((flags & kNameMismatch) != 0) {
    text.add("its certificate is for another host name. Use the name in the certificate in the setting broker.");
  } else if ((flags & kNotTrusted) != 0 || flags == 0) {
    text.add("its certificate is not signed by an authority that this board trusts. Check the setting tls_ca.");
  } else {
    text.add("its certificate is refused, flags ");
    add_hex(flags, text);
    text.add(".");
  }
}

void add_handshake(const BrokerTrouble& trouble, Trust trust, Sentence& text) {
  text.add(trouble.timed_out ? "the TLS handshake did not end in time" : "TLS failed");
  if (trouble.tls_error != 0) {
    text.add(", error -");
    add_hex(trouble.tls_error, text);
  }
  if (trust == Trust::kPsk) {
    text.add(". Check tls_psk_id and tls_psk, and that the port speaks TLS with a pre-shared key.");
  } else {
    text.add(". Check that the port speaks TLS, and tls_cert and tls_key if the broker asks for them.");
  }
}

}  // namespace

BrokerFailure broker_failure(const BrokerTrouble& trouble) {
  if (trouble.subscription) {
    return BrokerFailure::kSubscription;
  }
  switch (trouble.connack) {
    case 0:
      break;
    case 1:
      return BrokerFailure::kVersion;
    case 2:
      return BrokerFailure::kClientId;
    case 3:
      return BrokerFailure::kUnavailable;
    default:
      return BrokerFailure::kCredentials;
  }
  if (trouble.name_unresolved) {
    return BrokerFailure::kName;
  }
  if (trouble.certificate) {
    return BrokerFailure::kCertificate;
  }
  if (trouble.tls) {
    return BrokerFailure::kHandshake;
  }
  return trouble.timed_out || trouble.socket_error != 0 ? BrokerFailure::kUnreachable : BrokerFailure::kClosed;
}

void describe_broker_failure(const BrokerTrouble& trouble, const BrokerAddress& broker, Trust trust, Sentence& text) {
  text.clear();
  text.add("Broker ").add(broker.host).add(":").add(static_cast<uint32_t>(broker.port)).add(": ");
  switch (broker_failure(trouble)) {
    case BrokerFailure::kName:
      text.add("its name has no address. Check the setting broker, or name the broker by its address.");
      break;
    case BrokerFailure::kUnreachable:
      text.add("nobody answers there. Check that the broker runs and that the setting broker is right");
      if (trouble.socket_error != 0) {
        text.add(" (errno ").add(static_cast<uint32_t>(trouble.socket_error)).add(")");
      }
      text.add(".");
      break;
    case BrokerFailure::kClosed:
      text.add("the connection was closed. If that goes on: ");
      text.add(trust == Trust::kNone ? "the port may speak TLS (mqtts://), or" : "it may want a client certificate, or");
      text.add(" another board has this id.");
      break;
    case BrokerFailure::kCertificate:
      add_certificate(trouble.verify_flags, text);
      break;
    case BrokerFailure::kHandshake:
      add_handshake(trouble, trust, text);
      break;
    case BrokerFailure::kVersion:
      text.add("it does not speak MQTT 3.1.1.");
      break;
    case BrokerFailure::kClientId:
      text.add("it refuses this board's id. Check the settings name and id.");
      break;
    case BrokerFailure::kUnavailable:
      text.add("it says that it is unavailable.");
      break;
    case BrokerFailure::kSubscription:
      text.add("it refuses a subscription, so no answer or command arrives. Let this board read res, plan and cmd.");
      break;
    case BrokerFailure::kCredentials:
      text.add("it refuses the credentials. Check the settings mqtt_user and mqtt_pass.");
      break;
  }
}

}  // namespace cutpoint::device
