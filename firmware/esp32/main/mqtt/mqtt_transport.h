// The Transport of the core over esp-mqtt: connection, last will, subscriptions, reconnects.
#ifndef CUTPOINT_ESP32_MQTT_MQTT_TRANSPORT_H_
#define CUTPOINT_ESP32_MQTT_MQTT_TRANSPORT_H_

#include <stddef.h>
#include <stdint.h>

#include "core/session/announcement.h"
#include "core/transport/transport.h"
#include "device/net/backoff.h"
#include "device/sentence.h"
#include "device/settings/identity.h"
#include "device/settings/settings.h"
#include "esp_event.h"
#include "esp_timer.h"
#include "esp_transport.h"
#include "inbox.h"
#include "mqtt_client.h"
#include "tls_credentials.h"

namespace cutpoint::esp32 {

constexpr size_t kTopicBytes = 112;    // root of 64, "/", id of 32, "/", the longest leaf, zero
constexpr int kMqttBufferBytes = 4352;  // a frame of 4,096 with its topic: one write to the socket
constexpr size_t kOutboxBytes = 8192;  // of messages at QoS 1 that are not acknowledged yet
constexpr int kMqttTaskStackBytes = 7168;  // a TLS handshake with a certificate chain takes about 6 KB of it
constexpr int kMqttKeepaliveS = 30;
constexpr int kMqttTimeoutMs = 5000;  // of one read, write or connect

struct MqttStatus {
  bool connected;
  uint32_t connects;  // since boot
  uint32_t attempts;  // since the last connection
  bool tls;
  int outbox_bytes;
  device::Sentence trouble;  // empty while connected
};

// One for the program. publish() belongs to the device's task; everything else to the task that began it, but status().
class MqttTransport final : public Transport {
 public:
  // Makes the client; it connects after network_changed(true). settings must outlive this; `will` is copied. False, with
  // the sentence, when the settings name no usable broker or there is no memory.
  bool begin(const device::Settings& settings, const char* id, Bytes will, Inbox& inbox, device::Sentence& why);

  // From the event task.
  void network_changed(bool up);

  // QoS 0 is written to the socket before this returns, in the caller's task. Nothing is taken while there is no
  // connection: what must be told is told again after the next one.
  bool publish(Leaf leaf, Bytes payload, uint8_t qos, bool retain) override;

  // Microseconds that publish() took since the last call: for the energy model.
  uint32_t take_sending_us();

  // The retained plan once more.
  void ask_for_plan();

  // Waits until everything at QoS 1 was acknowledged, at most so long: before a restart.
  void flush(uint32_t most_ms);
  // Leaves the broker cleanly, so that it does not send the last will.
  void leave();

  MqttStatus status() const;
  // What kept it from the broker last, once; false when nothing did since the last call.
  bool take_trouble(device::Sentence& why);

 private:
  static void on_event(void* self, esp_event_base_t base, int32_t id, void* data);
  static void on_timer(void* self);
  bool make_client(const char* id, Bytes will, device::Sentence& why);
  void subscribe(Leaf leaf, int qos);
  void write_topic(Leaf leaf, char (&topic)[kTopicBytes]) const;
  void connected();
  void disconnected();
  void failed(const esp_mqtt_error_codes_t& error);
  void received(const esp_mqtt_event_t& event);
  void set_trouble(const device::Sentence& why);

  const device::Settings* settings_ = nullptr;
  Inbox* inbox_ = nullptr;
  char id_[device::kDeviceIdBytes] = "";
  char host_[129] = "";
  device::BrokerAddress broker_ = {};
  device::Trust trust_ = device::Trust::kNone;
  TlsCredentials credentials_;
  uint8_t will_[kStateTextBytes] = {};
  esp_mqtt_client_handle_t client_ = nullptr;
  esp_transport_handle_t socket_owner_ = nullptr;
  esp_timer_handle_t timer_ = nullptr;
  device::Backoff backoff_{500, 60000};
  volatile bool network_up_ = false;
  volatile bool connected_ = false;
  bool started_ = false;
  bool explained_ = false;  // the attempt that failed; under esp-mqtt's lock
  uint32_t sending_us_ = 0;  // the device's task alone
  uint32_t connects_ = 0;
  uint32_t attempts_ = 0;
  device::Sentence trouble_;
  device::Sentence untold_;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_MQTT_MQTT_TRANSPORT_H_
