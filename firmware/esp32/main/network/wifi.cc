// Network over Wi-Fi: a station that never gives up.
#include <string.h>

#include "device/net/station_failure.h"
#include "esp_event.h"
#include "esp_netif.h"
#include "esp_wifi.h"
#include "link.h"
#include "network.h"

namespace cutpoint::esp32 {
namespace {

// Written by begin() and join() before the driver is told.
char g_ssid[33] = "";
bool g_associated = false;  // event task only

void connect() {
  // What the driver does not even begin (no memory, a scan under way) ends in no event that would bring the next attempt.
  if (g_ssid[0] != '\0' && esp_wifi_connect() != ESP_OK) {
    link().retry_later();
  }
}

void on_disconnected(const wifi_event_sta_disconnected_t& event) {
  const bool was_associated = g_associated;
  g_associated = false;
  link().lost();
  const device::StationFailure failure = device::station_failure(event.reason, was_associated);
  device::Sentence why;
  device::describe_station_failure(failure, event.reason, g_ssid, why);
  link().trouble(why);
  link().retry_later();
}

void on_event(void*, esp_event_base_t base, int32_t id, void* data) {
  if (base == IP_EVENT) {
    if (id == IP_EVENT_STA_GOT_IP) {
      link().got_address(static_cast<ip_event_got_ip_t*>(data)->ip_info);
    } else if (id == IP_EVENT_STA_LOST_IP) {
      link().lost();
    }
    return;
  }
  if (id == WIFI_EVENT_STA_START) {
    connect();
  } else if (id == WIFI_EVENT_STA_CONNECTED) {
    g_associated = true;
  } else if (id == WIFI_EVENT_STA_DISCONNECTED) {
    on_disconnected(*static_cast<wifi_event_sta_disconnected_t*>(data));
  }
}

bool configure(const char* ssid, const char* password) {
  wifi_config_t config = {};
  // A name of 32 characters or a key of 64 has no room for a zero, and needs none.
  strncpy(reinterpret_cast<char*>(config.sta.ssid), ssid, sizeof config.sta.ssid);
  strncpy(reinterpret_cast<char*>(config.sta.password), password, sizeof config.sta.password);
  config.sta.scan_method = WIFI_ALL_CHANNEL_SCAN;  // of several access points of one name, the strongest
  config.sta.sort_method = WIFI_CONNECT_AP_BY_SIGNAL;
  config.sta.threshold.authmode = password[0] == '\0' ? WIFI_AUTH_OPEN : WIFI_AUTH_WPA_PSK;
  config.sta.pmf_cfg.capable = true;
  strlcpy(g_ssid, ssid, sizeof g_ssid);
  return esp_wifi_set_config(WIFI_IF_STA, &config) == ESP_OK;
}

wifi_ps_type_t power_mode(device::WifiPower power) {
  switch (power) {
    case device::WifiPower::kMin:
      return WIFI_PS_MIN_MODEM;
    case device::WifiPower::kMax:
      return WIFI_PS_MAX_MODEM;
    case device::WifiPower::kNone:
      break;
  }
  return WIFI_PS_NONE;
}

}  // namespace

const char* Network::kind() { return "wifi"; }

bool Network::begin(const device::Settings& settings, NetworkListener& listener, device::Sentence& why) {
  const wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
  const bool ok = link().begin(listener, connect) && esp_netif_init() == ESP_OK &&
                  esp_netif_create_default_wifi_sta() != nullptr && esp_wifi_init(&init) == ESP_OK &&
                  // The settings are the one place that knows the network; the driver keeps no copy of its own.
                  esp_wifi_set_storage(WIFI_STORAGE_RAM) == ESP_OK &&
                  esp_event_handler_instance_register(WIFI_EVENT, ESP_EVENT_ANY_ID, on_event, nullptr, nullptr) == ESP_OK &&
                  esp_event_handler_instance_register(IP_EVENT, ESP_EVENT_ANY_ID, on_event, nullptr, nullptr) == ESP_OK &&
                  esp_wifi_set_mode(WIFI_MODE_STA) == ESP_OK &&
                  configure(settings.wifi_ssid, settings.wifi_pass) &&
                  esp_wifi_set_ps(power_mode(settings.wifi_power)) == ESP_OK && esp_wifi_start() == ESP_OK;
  if (!ok) {
    why.clear();
    why.add("Wi-Fi could not be started: too little free memory, or the radio's calibration cannot be read.");
    return false;
  }
  if (settings.wifi_ssid[0] == '\0') {
    link().trouble(device::Sentence("No Wi-Fi network is set: set wifi_ssid and wifi_pass, save, restart."));
  }
  return true;
}

bool Network::join(const char* ssid, const char* password) {
  esp_wifi_disconnect();
  if (!configure(ssid, password)) {
    return false;
  }
  link().retry_now();
  return true;
}

bool Network::rssi(int& dbm) const {
  wifi_ap_record_t record = {};
  if (!link().up() || esp_wifi_sta_get_ap_info(&record) != ESP_OK) {
    return false;
  }
  dbm = record.rssi;
  return true;
}

}  // namespace cutpoint::esp32
