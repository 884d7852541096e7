// Why there is no connection to the broker, in a sentence.
#ifndef CUTPOINT_DEVICE_NET_BROKER_FAILURE_H_
#define CUTPOINT_DEVICE_NET_BROKER_FAILURE_H_

#include <stdint.h>

#include "../sentence.h"
#include "../settings/identity.h"

namespace cutpoint::device {

enum class BrokerFailure : uint8_t {
  kName,         // the host name has no address
  kUnreachable,  // nobody answers at that address
  kClosed,       // the connection broke before or after it was taken
  kCertificate,  // the broker's certificate is not trusted
  kHandshake,    // TLS failed for another reason: no TLS there, another key
  kVersion,      // CONNACK 1
  kClientId,     // CONNACK 2
  kUnavailable,  // CONNACK 3
  kCredentials,  // CONNACK 4, 5
  kSubscription,  // connected, and a subscription was refused: SUBACK 0x80
};

// What the platform saw of a failed connection; 0 where it says nothing.
struct BrokerTrouble {
  uint8_t connack;        // return code of MQTT 3.1.1, section 3.2.2.3
  bool name_unresolved;
  bool timed_out;
  bool certificate;       // flags of a certificate check are set
  uint32_t verify_flags;  // X.509 verification flags of mbedTLS
  bool tls;               // TLS itself failed
  uint32_t tls_error;     // mbedTLS's code, as a positive number
  int socket_error;       // errno
  bool subscription;      // the broker refused one
};

BrokerFailure broker_failure(const BrokerTrouble& trouble);

// What was seen, what to do. Quotes host and port, never a secret.
void describe_broker_failure(const BrokerTrouble& trouble, const BrokerAddress& broker, Trust trust, Sentence& text);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_NET_BROKER_FAILURE_H_
