#include "improv_board.h"

#include <stdlib.h>
#include <string.h>

#include "board/measures.h"
#include "esp_app_desc.h"
#include "network/network.h"

#if CUTPOINT_NET_WIFI
#include "esp_wifi.h"
#endif

namespace cutpoint::esp32 {

ImprovBoard::~ImprovBoard() { free(records_); }

bool ImprovBoard::online() { return network().up(); }

bool ImprovBoard::join(device::Text ssid, device::Text password) {
  char name[device::kMaxSsidBytes + 1] = "";
  char secret[device::kMaxPasswordBytes + 1] = "";
  memcpy(name, ssid.data(), ssid.size());
  memcpy(secret, password.data(), password.size());
  const bool tried = network().join(name, secret);
  memset(secret, 0, sizeof secret);
  __asm__ volatile("" : : "r"(secret) : "memory");  // or the wiping would be left out
  return tried;
}

void ImprovBoard::go_back() {
  const device::Settings& settings = console_.draft();
  if (settings.wifi_ssid[0] != '\0') {
    network().join(settings.wifi_ssid, settings.wifi_pass);
  }
}

bool ImprovBoard::keep(device::Text ssid, device::Text password) {
  device::Sentence why;
  return console_.keep("wifi_ssid", ssid, why) && console_.keep("wifi_pass", password, why);
}

const char* ImprovBoard::firmware() { return "cutpoint"; }
const char* ImprovBoard::version() { return esp_app_get_description()->version; }
const char* ImprovBoard::chip() { return chip_name(); }
const char* ImprovBoard::device() { return id_; }

#if CUTPOINT_NET_WIFI

bool ImprovBoard::has_wifi() { return true; }

int ImprovBoard::scan() {
  free(records_);
  records_ = nullptr;
  heard_ = 0;
  // All channels, 1.5 to 3 s. Refused while the station is about to associate.
  if (esp_wifi_scan_start(nullptr, true) != ESP_OK) {
    return -1;
  }
  auto* records = static_cast<wifi_ap_record_t*>(calloc(kMostHeardNetworks, sizeof(wifi_ap_record_t)));
  uint16_t count = kMostHeardNetworks;
  if (records == nullptr || esp_wifi_scan_get_ap_records(&count, records) != ESP_OK) {
    free(records);
    esp_wifi_clear_ap_list();
    return -1;
  }
  records_ = records;
  heard_ = count;
  return heard_;
}

// Of several access points of one network the strongest, which the driver gives first; hidden ones are left out.
bool ImprovBoard::heard(int index, device::HeardNetwork& network) {
  const auto* records = static_cast<const wifi_ap_record_t*>(records_);
  const auto name_of = [records](int i) { return reinterpret_cast<const char*>(records[i].ssid); };
  if (index >= heard_ || *name_of(index) == '\0') {
    return false;
  }
  for (int i = 0; i < index; ++i) {
    if (strcmp(name_of(i), name_of(index)) == 0) {
      return false;
    }
  }
  network.ssid = device::text_of(name_of(index));
  network.rssi = records[index].rssi;
  network.locked = records[index].authmode != WIFI_AUTH_OPEN;
  return true;
}

#else

bool ImprovBoard::has_wifi() { return false; }
int ImprovBoard::scan() { return -1; }
bool ImprovBoard::heard(int, device::HeardNetwork&) { return false; }

#endif

}  // namespace cutpoint::esp32
