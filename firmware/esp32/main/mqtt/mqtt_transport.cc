#include "mqtt_transport.h"

#include <stdio.h>
#include <string.h>

#include "../idf_compat.h"
#include "device/net/arrival.h"
#include "device/net/broker_failure.h"
#include "esp_log.h"
#include "esp_random.h"
#include "esp_tls_errors.h"
#include "esp_transport_ssl.h"
#include "esp_transport_tcp.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lwip/sockets.h"
#include "session_memory.h"

#if !CUTPOINT_IDF_AT_LEAST(5, 5)
// Exported by tcp_transport in every version, declared in its public header from 5.5 on.
extern "C" int esp_transport_get_socket(esp_transport_handle_t transport);
#endif

namespace cutpoint::esp32 {
namespace {

constexpr char kTag[] = "mqtt";
portMUX_TYPE g_lock = portMUX_INITIALIZER_UNLOCKED;

const char* or_null(const char* text) { return text[0] == '\0' ? nullptr : text; }

// Without it the stack waits for an acknowledgement before it sends the next small segment (Nagle), and a round trip
// takes as long as the other end delays that. Neither esp-mqtt nor esp-tls has an option for it, so the client is given
// a transport of our own making, whose socket can be asked for once it is connected.
void send_at_once(esp_transport_handle_t transport) {
  const int on = 1;
  const int socket = esp_transport_get_socket(transport);
  if (socket < 0 || setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
    ESP_LOGW(kTag, "TCP_NODELAY could not be set: round trips will be slower");
  }
}

}  // namespace

bool MqttTransport::begin(const device::Settings& settings, const char* id, Bytes will, Inbox& inbox,
                          device::Sentence& why) {
  settings_ = &settings;
  inbox_ = &inbox;
  strlcpy(id_, id, sizeof id_);
  if (settings.broker[0] == '\0') {
    why.clear();
    why.add("No broker is set: set broker to mqtt://host, save, restart.");
    set_trouble(why);
    return false;
  }
  if (!device::parse_broker(device::text_of(settings.broker), broker_, why)) {
    set_trouble(why);
    return false;
  }
  memcpy(host_, broker_.host.data(), broker_.host.size());
  trust_ = broker_.tls ? device::broker_trust(settings) : device::Trust::kNone;
  if ((broker_.tls && !credentials_.begin(settings, trust_, why)) || !make_client(id, will, why)) {
    set_trouble(why);
    return false;
  }
  return true;
}

bool MqttTransport::make_client(const char* id, Bytes will, device::Sentence& why) {
  why.clear();
  why.add("There is too little memory for the connection to the broker.");
  socket_owner_ = broker_.tls ? esp_transport_ssl_init() : esp_transport_tcp_init();
  esp_timer_create_args_t timer = {};
  timer.callback = on_timer;
  timer.arg = this;
  timer.name = "mqtt";
  if (socket_owner_ == nullptr || will.size() > sizeof will_ || esp_timer_create(&timer, &timer_) != ESP_OK) {
    return false;
  }
  if (broker_.tls) {
    credentials_.apply(socket_owner_);
  }
  memcpy(will_, will.data(), will.size());
  char topic[kTopicBytes];
  write_topic(Leaf::kState, topic);

  esp_mqtt_client_config_t config = {};
  config.broker.address.hostname = host_;
  config.broker.address.port = broker_.port;
  config.broker.address.transport = broker_.tls ? MQTT_TRANSPORT_OVER_SSL : MQTT_TRANSPORT_OVER_TCP;
  config.credentials.client_id = id;
  config.credentials.username = or_null(settings_->mqtt_user);
  config.credentials.authentication.password = or_null(settings_->mqtt_pass);
  config.session.last_will.topic = topic;
  config.session.last_will.msg = reinterpret_cast<const char*>(will_);
  config.session.last_will.msg_len = static_cast<int>(will.size());
  config.session.last_will.qos = 1;
  config.session.last_will.retain = 1;
  config.session.keepalive = kMqttKeepaliveS;
  config.session.protocol_ver = MQTT_PROTOCOL_V_3_1_1;
  config.network.disable_auto_reconnect = true;  // on_timer() does it, with backoff and jitter
  config.network.timeout_ms = kMqttTimeoutMs;
  config.network.transport = socket_owner_;
  config.task.priority = 6;
  config.task.stack_size = kMqttTaskStackBytes;
  config.buffer.size = kMqttBufferBytes;
  config.buffer.out_size = kMqttBufferBytes;
  config.outbox.limit = kOutboxBytes;
  client_ = esp_mqtt_client_init(&config);
  return client_ != nullptr &&
         esp_mqtt_client_register_event(client_, MQTT_EVENT_ANY, on_event, this) == ESP_OK;
}

void MqttTransport::write_topic(Leaf leaf, char (&topic)[kTopicBytes]) const {
  snprintf(topic, sizeof topic, "%s/%s/%s", settings_->root, id_, leaf_name(leaf));
}

void MqttTransport::network_changed(bool up) {
  network_up_ = up;
  if (client_ == nullptr) {
    return;
  }
  esp_timer_stop(timer_);
  if (!up) {
    // A socket over a network that is gone would be noticed only after its keep-alive.
    esp_mqtt_client_disconnect(client_);
    return;
  }
  backoff_.reset();
  if (!started_) {
    started_ = esp_mqtt_client_start(client_) == ESP_OK;
    if (!started_) {
      set_trouble(device::Sentence("There is too little memory for the task that talks to the broker: restart the board."));
    }
  } else {
    esp_timer_start_once(timer_, backoff_.next_ms(esp_random()) * 1000ull);
  }
}

void MqttTransport::on_timer(void* self) {
  MqttTransport& transport = *static_cast<MqttTransport*>(self);
  if (transport.network_up_ && !transport.connected_) {
    esp_mqtt_client_reconnect(transport.client_);
  }
}

bool MqttTransport::publish(Leaf leaf, Bytes payload, uint8_t qos, bool retain) {
  if (!connected_) {
    return false;
  }
  char topic[kTopicBytes];
  write_topic(leaf, topic);
  // esp-mqtt takes a length of 0 with data for a text.
  const char* data = payload.empty() ? nullptr : reinterpret_cast<const char*>(payload.data());
  const int64_t began_us = esp_timer_get_time();
  const int sent =
      esp_mqtt_client_publish(client_, topic, data, static_cast<int>(payload.size()), qos, retain ? 1 : 0);
  sending_us_ += static_cast<uint32_t>(esp_timer_get_time() - began_us);
  return sent >= 0;
}

uint32_t MqttTransport::take_sending_us() {
  const uint32_t spent = sending_us_;
  sending_us_ = 0;
  return spent;
}

void MqttTransport::subscribe(Leaf leaf, int qos) {
  char topic[kTopicBytes];
  write_topic(leaf, topic);
  esp_mqtt_client_subscribe_single(client_, topic, qos);
}

void MqttTransport::ask_for_plan() {
  if (connected_) {
    subscribe(Leaf::kPlan, 1);
  }
}

void MqttTransport::flush(uint32_t most_ms) {
  for (uint32_t waited = 0; connected_ && waited < most_ms && esp_mqtt_client_get_outbox_size(client_) > 0;
       waited += 10) {
    vTaskDelay(pdMS_TO_TICKS(10));
  }
}

void MqttTransport::leave() {
  if (client_ == nullptr || !connected_) {
    return;
  }
  network_up_ = false;
  esp_mqtt_client_disconnect(client_);
  for (int waited = 0; connected_ && waited < 1500; waited += 10) {
    vTaskDelay(pdMS_TO_TICKS(10));
  }
}

MqttStatus MqttTransport::status() const {
  MqttStatus status = {};
  status.connected = connected_;
  status.tls = broker_.tls;
  status.outbox_bytes = client_ == nullptr ? 0 : esp_mqtt_client_get_outbox_size(client_);
  portENTER_CRITICAL(&g_lock);
  status.connects = connects_;
  status.attempts = attempts_;
  status.trouble = trouble_;
  portEXIT_CRITICAL(&g_lock);
  return status;
}

bool MqttTransport::take_trouble(device::Sentence& why) {
  portENTER_CRITICAL(&g_lock);
  why = untold_;
  untold_.clear();
  portEXIT_CRITICAL(&g_lock);
  return !why.empty();
}

void MqttTransport::on_event(void* self, esp_event_base_t, int32_t id, void* data) {
  MqttTransport& transport = *static_cast<MqttTransport*>(self);
  const esp_mqtt_event_t& event = *static_cast<esp_mqtt_event_t*>(data);
  switch (static_cast<esp_mqtt_event_id_t>(id)) {
    case MQTT_EVENT_BEFORE_CONNECT:
      transport.explained_ = false;
      break;
    case MQTT_EVENT_CONNECTED:
      transport.connected();
      break;
    case MQTT_EVENT_DISCONNECTED:
      transport.disconnected();
      break;
    case MQTT_EVENT_DATA:
      transport.received(event);
      break;
    case MQTT_EVENT_ERROR:
      transport.failed(*event.error_handle);
      break;
    case MQTT_EVENT_SUBSCRIBED:
      if (event.error_handle->error_type == MQTT_ERROR_TYPE_SUBSCRIBE_FAILED) {
        transport.failed(*event.error_handle);
      }
      break;
    default:
      break;
  }
}

void MqttTransport::connected() {
  send_at_once(socket_owner_);
  subscribe(Leaf::kResult, 0);
  subscribe(Leaf::kPlan, 1);
  subscribe(Leaf::kCommand, 1);
  backoff_.reset();
  portENTER_CRITICAL(&g_lock);
  ++connects_;
  attempts_ = 0;
  trouble_.clear();
  portEXIT_CRITICAL(&g_lock);
  connected_ = true;
  ESP_LOGI(kTag, "connected to %s:%u%s", host_, static_cast<unsigned>(broker_.port), broker_.tls ? " over TLS" : "");
  inbox_->set_connected(true);
}

// After a connection, and after every attempt that failed.
void MqttTransport::disconnected() {
  if (connected_) {
    connected_ = false;
    ESP_LOGW(kTag, "connection to %s lost", host_);
    inbox_->set_connected(false);
  }
  portENTER_CRITICAL(&g_lock);
  ++attempts_;
  portEXIT_CRITICAL(&g_lock);
  if (network_up_ && !explained_) {
    // esp-mqtt has no error for a broker that closes before its CONNACK, as one that waits for TLS does.
    failed(esp_mqtt_error_codes_t());
  }
  if (network_up_) {
    const uint32_t delay_ms = backoff_.next_ms(esp_random());
    esp_timer_stop(timer_);
    esp_timer_start_once(timer_, delay_ms * 1000ull);
  }
}

void MqttTransport::failed(const esp_mqtt_error_codes_t& error) {
  device::BrokerTrouble trouble = {};
  if (error.error_type == MQTT_ERROR_TYPE_SUBSCRIBE_FAILED) {
    trouble.subscription = true;
  } else if (error.error_type == MQTT_ERROR_TYPE_CONNECTION_REFUSED) {
    trouble.connack = static_cast<uint8_t>(error.connect_return_code);
  } else {
    const esp_err_t last = error.esp_tls_last_esp_err;
    trouble.name_unresolved = last == ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME;
    trouble.timed_out = last == ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT || last == ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST;
    trouble.certificate = error.esp_tls_cert_verify_flags != 0;
    trouble.verify_flags = static_cast<uint32_t>(error.esp_tls_cert_verify_flags);
    trouble.tls = broker_.tls && (error.esp_tls_stack_err != 0 || last == ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED);
    trouble.tls_error = static_cast<uint32_t>(error.esp_tls_stack_err < 0 ? -error.esp_tls_stack_err
                                                                          : error.esp_tls_stack_err);
    trouble.socket_error = error.esp_transport_sock_errno;
  }
  device::Sentence why;
  device::describe_broker_failure(trouble, broker_, trust_, why);
  explained_ = true;
  set_trouble(why);
}

void MqttTransport::received(const esp_mqtt_event_t& event) {
  const auto count = [](int bytes) { return bytes < 0 ? size_t{0} : static_cast<size_t>(bytes); };
  const device::Text topic(event.topic, event.topic == nullptr ? 0 : count(event.topic_len));
  const device::Arrived arrived = {topic, count(event.data_len), count(event.total_data_len),
                                   count(event.current_data_offset), event.retain};
  switch (device::judge_arrival(arrived, kMaxFrameBytes)) {
    case device::Arrival::kFrame:
      return inbox_->put_frame(Bytes(reinterpret_cast<const uint8_t*>(event.data), arrived.bytes));
    case device::Arrival::kOversized:
      return inbox_->count_oversized();
    case device::Arrival::kRetained:
      return inbox_->count_retained();
    case device::Arrival::kNothing:
      return;
  }
}

void MqttTransport::set_trouble(const device::Sentence& why) {
  portENTER_CRITICAL(&g_lock);
  const bool same = strcmp(why.text(), trouble_.text()) == 0;
  trouble_ = why;
  untold_ = why;
  portEXIT_CRITICAL(&g_lock);
  if (!same) {
    ESP_LOGW(kTag, "%s", why.text());
  }
}

}  // namespace cutpoint::esp32
