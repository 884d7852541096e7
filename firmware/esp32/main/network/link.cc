#include "link.h"

#include <stdio.h>
#include <string.h>

#include "esp_log.h"
#include "esp_random.h"
#include "freertos/FreeRTOS.h"

namespace cutpoint::esp32 {
namespace {

constexpr char kTag[] = "network";
// Guards what status() copies; held for the time of a copy.
portMUX_TYPE g_lock = portMUX_INITIALIZER_UNLOCKED;

}  // namespace

Link& link() {
  static Link one;
  return one;
}

bool Link::begin(NetworkListener& listener, void (*again)()) {
  listener_ = &listener;
  again_ = again;
  esp_timer_create_args_t timer = {};
  timer.callback = on_timer;
  timer.arg = this;
  timer.name = "network";
  return esp_timer_create(&timer, &timer_) == ESP_OK;
}

void Link::got_address(const esp_netif_ip_info_t& info) {
  portENTER_CRITICAL(&g_lock);
  address_ = info.ip.addr;
  attempts_ = 0;
  trouble_.clear();
  up_ = true;
  portEXIT_CRITICAL(&g_lock);
  backoff_.reset();
  ESP_LOGI(kTag, "%s is up, address " IPSTR, Network::kind(), IP2STR(&info.ip));
  listener_->network_changed(true);
}

void Link::lost() {
  portENTER_CRITICAL(&g_lock);
  const bool was_up = up_;
  up_ = false;
  address_ = 0;
  portEXIT_CRITICAL(&g_lock);
  if (was_up) {
    ESP_LOGW(kTag, "%s is down", Network::kind());
    listener_->network_changed(false);
  }
}

void Link::trouble(const device::Sentence& why) {
  portENTER_CRITICAL(&g_lock);
  const bool same = strcmp(why.text(), trouble_.text()) == 0;
  trouble_ = why;
  untold_ = why;
  portEXIT_CRITICAL(&g_lock);
  if (!same) {
    ESP_LOGW(kTag, "%s", why.text());
  }
}

void Link::retry_later() {
  portENTER_CRITICAL(&g_lock);
  ++attempts_;
  portEXIT_CRITICAL(&g_lock);
  const uint32_t delay_ms = backoff_.next_ms(esp_random());
  esp_timer_stop(timer_);
  esp_timer_start_once(timer_, delay_ms * 1000ull);
  ESP_LOGI(kTag, "next attempt in %u ms", static_cast<unsigned>(delay_ms));
}

void Link::retry_now() {
  backoff_.reset();
  esp_timer_stop(timer_);
  esp_timer_start_once(timer_, 1);
}

NetworkStatus Link::status() const {
  NetworkStatus status = {};
  portENTER_CRITICAL(&g_lock);
  status.up = up_;
  const uint32_t address = address_;
  status.attempts = attempts_;
  status.trouble = trouble_;
  portEXIT_CRITICAL(&g_lock);
  if (status.up) {
    esp_ip4_addr_t ip = {};
    ip.addr = address;
    snprintf(status.address, sizeof status.address, IPSTR, IP2STR(&ip));
  }
  return status;
}

bool Link::take_trouble(device::Sentence& why) {
  portENTER_CRITICAL(&g_lock);
  why = untold_;
  untold_.clear();
  portEXIT_CRITICAL(&g_lock);
  return !why.empty();
}

void Link::on_timer(void* self) {
  Link& link = *static_cast<Link*>(self);
  if (link.again_ != nullptr) {
    link.again_();
  }
}

bool Network::up() const { return link().up(); }
NetworkStatus Network::status() const { return link().status(); }
bool Network::take_trouble(device::Sentence& why) { return link().take_trouble(why); }

Network& network() {
  static Network one;
  return one;
}

}  // namespace cutpoint::esp32
