#include "clock_sync.h"

#include "esp_log.h"
#include "esp_netif_sntp.h"

namespace cutpoint::esp32 {

void sync_clock(const char* server) {
  if (server[0] == '\0') {
    return;
  }
  const esp_sntp_config_t config = ESP_NETIF_SNTP_DEFAULT_CONFIG(server);
  if (esp_netif_sntp_init(&config) != ESP_OK) {
    ESP_LOGW("clock", "SNTP could not be started; the clock stays unset");
  }
}

}  // namespace cutpoint::esp32
